import type { Credential } from '../credential.ts';

interface HelperQuestion {
  /** The `NAME` of `docker-credential-NAME`. */
  readonly name: string;
  readonly server: string;
  readonly origin: string;
}

const HELPER_MS = 30_000;
const HELPER_NAME = /^[\w.-]+$/;
/** The user name that stands for "the secret is an identity token". */
const IDENTITY_TOKEN_USER = '<token>';

/** Asks `docker-credential-NAME get`. Nothing when it has none; fails, without its output, when it cannot say. */
export async function askHelper({ name, server, origin }: HelperQuestion): Promise<Credential | undefined> {
  if (!HELPER_NAME.test(name)) throw new Error('the name of a credential helper holds more than A-Z a-z 0-9 _ . -');
  const { code, stdout } = await run(`docker-credential-${name}`, server);
  if (code !== 0) {
    if (/credentials not found/i.test(stdout)) return undefined;
    throw new Error(`docker-credential-${name} ended with ${code}`);
  }
  const answer = parse(stdout);
  if (!answer) throw new Error(`docker-credential-${name} did not answer with JSON`);
  const { username, secret } = answer;
  if (username === IDENTITY_TOKEN_USER) return { kind: 'identity-token', token: secret, origin };
  return username === '' && secret === '' ? undefined : { kind: 'password', username, password: secret, origin };
}

async function run(command: string, input: string): Promise<{ code: number | string; stdout: string }> {
  const { spawn } = await import('node:child_process');
  const { promise, resolve, reject } = Promise.withResolvers<{ code: number | string; stdout: string }>();
  const child = spawn(command, ['get'], { stdio: ['pipe', 'pipe', 'ignore'], timeout: HELPER_MS });
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.on('error', (error) => {
    const missing = 'code' in error && error.code === 'ENOENT';
    reject(new Error(missing ? `${command} is not installed` : `${command} did not start`, { cause: error }));
  });
  child.on('close', (code, signal) => resolve({ code: code ?? signal ?? 'no exit code', stdout }));
  // A helper that ends without reading is judged by its exit code.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  return promise;
}

function parse(stdout: string): { username: string; secret: string } | undefined {
  try {
    const value: unknown = JSON.parse(stdout);
    if (typeof value !== 'object' || value === null) return undefined;
    const text = (key: 'Username' | 'Secret'): string => {
      const field: unknown = Reflect.get(value, key);
      return typeof field === 'string' ? field : '';
    };
    return { username: text('Username'), secret: text('Secret') };
  } catch {
    return undefined;
  }
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import { runCommand } from '../command.ts';
import { until } from '../deadline.ts';
import { toolSet } from '../prerequisites/go-tools.ts';
import { temporaryDirectory } from './temporary-directory.ts';

/** Debian's docker-registry 2.8.2, distribution's `registry` 3, and go-containerregistry's `crane registry serve`. */
export type RegistryKind = 'docker-registry' | 'distribution' | 'crane';

interface RegistryOptions {
  readonly kind?: RegistryKind;
  /** Parts of distribution's configuration beside storage and address: `auth`, `http.tls`. */
  readonly auth?: object;
  readonly tls?: { readonly certificate: string; readonly key: string };
  /** Distribution remembers which blobs it has, and says so of those that its storage has lost. */
  readonly remembersBlobs?: boolean;
  /** It listens on all addresses, so that pods reach it; not of crane's. */
  readonly isOpen?: boolean;
  /** Of distribution: whom it notifies. */
  readonly notifications?: object;
  /** Of distribution: where it keeps its blobs, if not in files of its own. */
  readonly bucket?: Bucket;
}

export interface Bucket {
  /** Of distribution's, and of its driver. */
  readonly variables: Readonly<Record<string, string>>;
  /** Where the server of the bucket keeps what distribution puts into it. */
  readonly folder: string;
}

export interface RunningRegistry {
  /** `127.0.0.1:PORT` */
  readonly host: string;
  /** Where it keeps its blobs; of crane's registry the manifests are in memory. */
  readonly storage: string;
  /** All it wrote so far. */
  log(): string;
  /** Distribution's own garbage collection, in a process beside it. Returns what that wrote. */
  collectGarbage(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a real registry on a free port of loopback. */
export const startRegistry = async (options: RegistryOptions = {}): Promise<RunningRegistry> => {
  const kind = options.kind ?? 'docker-registry';
  const directory = await temporaryDirectory();
  const files = join(directory.path, 'storage');
  const { variables = {}, folder: storage = files } = options.bucket ?? {};
  await mkdir(files);
  const configuration = join(directory.path, 'config.json');
  await writeFile(configuration, JSON.stringify(configurationOf(options, files)));
  const [program, args] = await commandOf(kind, configuration, files);
  const env = { ...process.env, ...variables, PORT: '0' };
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = once(child, 'close');
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text;
    });
  }
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    await directory.remove();
  };
  try {
    const port = await until(`${kind} to listen`, 20_000, async () => {
      if (child.exitCode !== null) throw new Error(`${kind} ended with ${child.exitCode}:\n${log}`);
      return Promise.resolve(/(?:listening on (?:127\.0\.0\.1|\[::\]):|serving on port )(\d+)/.exec(log)?.[1]);
    });
    const collectGarbage = (): Promise<string> =>
      runCommand(
        program,
        ['garbage-collect', ...(kind === 'distribution' ? ['--delete-untagged'] : []), configuration],
        { env, timeout: 120_000 },
      );
    return { host: `127.0.0.1:${port}`, storage, log: () => log, collectGarbage, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

const commandOf = async (kind: RegistryKind, configuration: string, storage: string): Promise<[string, string[]]> => {
  if (kind === 'docker-registry') return ['docker-registry', ['serve', configuration]];
  const tools = await toolSet('registry', (line) => process.stderr.write(`${line}\n`));
  return kind === 'distribution'
    ? [join(tools, 'registry'), ['serve', configuration]]
    : [join(tools, 'crane'), ['registry', 'serve', '--address', '127.0.0.1:0', '--disk', storage]];
};

const configurationOf = (
  { auth, tls, remembersBlobs, isOpen, notifications }: RegistryOptions,
  rootdirectory: string,
): object => ({
  version: 0.1,
  log: { level: 'info', accesslog: { disabled: true } },
  storage: {
    filesystem: { rootdirectory },
    delete: { enabled: true },
    ...(remembersBlobs === true ? { cache: { blobdescriptor: 'inmemory' } } : {}),
  },
  http: { addr: isOpen === true ? ':0' : '127.0.0.1:0', secret: 'for tests only', ...(tls ? { tls } : {}) },
  ...(auth ? { auth } : {}),
  ...(notifications ? { notifications } : {}),
});

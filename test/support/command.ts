import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly input?: string;
  /** Milliseconds; the command is killed afterwards. */
  readonly timeout?: number;
  /** Told of each line of its standard error as it comes. */
  readonly onErrorLine?: (line: string) => void;
}

/**
 * Runs a command to its end and returns its standard output.
 * Throws an Error with the last lines of its standard error when it ends with anything but 0.
 */
export const runCommand = (file: string, args: readonly string[], options: CommandOptions = {}): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      timeout: options.timeout ?? 120_000,
      killSignal: 'SIGKILL',
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    const output: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    const { onErrorLine } = options;
    if (onErrorLine) createInterface(child.stderr).on('line', onErrorLine);
    // A command that does not read its input closes the pipe early; its exit code tells what matters.
    child.stdin.on('error', () => undefined);
    child.stdin.end(options.input ?? '');
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) {
        resolve(Buffer.concat(output).toString('utf8'));
        return;
      }
      const tail = Buffer.concat(errors).toString('utf8').trimEnd().split('\n').slice(-12).join('\n');
      reject(new Error(`${file} ${args.slice(0, 4).join(' ')} ended with ${signal ?? code}:\n${tail}`));
    });
  });

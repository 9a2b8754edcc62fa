/** The Unix socket beside a lock file: its kernel closes it when the process dies, and whoever is connected sees that. */
import { hash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';

/** Far longer than a socket exists before it accepts. */
const LISTENS_AFTER_MS = 10_000;

export class LockSocket {
  readonly #dir: string;
  readonly #prefix: string;
  /** The contenders that wait for this one. */
  readonly #waiting = new Set<net.Socket>();
  #server: net.Server | undefined;
  #name: string | undefined;

  constructor(dir: string, boot: string) {
    this.#dir = dir;
    this.#prefix = `socket.${hash('sha256', boot, 'hex').slice(0, 8)}`;
  }

  /** The name of the socket; undefined where the file system has no sockets. */
  get name(): string | undefined {
    return this.#name;
  }

  /** @param mayWait false: who connects is sent away, as there is no number to wait for */
  async listen(mayWait: () => boolean): Promise<void> {
    const name = `${this.#prefix}${randomBytes(4).toString('hex')}`;
    const server = net.createServer((connection) => {
      connection.on('error', () => {});
      if (!mayWait()) {
        connection.destroy();
        return;
      }
      this.#waiting.add(connection);
      connection.unref();
      connection.on('close', () => this.#waiting.delete(connection));
    });
    server.unref();
    const bound = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(`${this.#dir}/${name}`, () => resolve(true));
    });
    if (!bound) return;
    this.#server = server;
    this.#name = name;
  }

  /** Tells the contenders that wait to look again. */
  hangUp(): void {
    for (const connection of this.#waiting) connection.destroy();
  }

  async close(): Promise<void> {
    const server = this.#server;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
  }

  /** Removes sockets whose owner was killed before it had a number. Only this kernel can tell of its own ones. */
  async sweep(): Promise<void> {
    for (const name of fs.readdirSync(this.#dir)) {
      if (!name.startsWith(this.#prefix) || name === this.#name) continue;
      const path = `${this.#dir}/${name}`;
      const stat = fs.lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined || Date.now() - stat.mtimeMs < LISTENS_AFTER_MS) continue;
      if (!(await accepts(path))) fs.rmSync(path, { force: true });
    }
  }
}

/** Does a process listen there? */
export function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(path);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

/** Settles when the other side closes, which its kernel does when it dies. */
export async function closed(path: string, signal: AbortSignal | undefined): Promise<void> {
  const socket = net.connect(path);
  const stop = (): void => void socket.destroy();
  signal?.addEventListener('abort', stop, { once: true });
  await new Promise<void>((resolve) => {
    socket.on('error', () => {});
    socket.on('data', () => {});
    socket.once('close', () => resolve());
  });
  signal?.removeEventListener('abort', stop);
}

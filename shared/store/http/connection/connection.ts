import { lookup } from 'node:dns';
import { connect, isIP } from 'node:net';
import type { LookupFunction, NetConnectOpts, Socket } from 'node:net';
import { asNetworkError, NetworkError } from '../message/network-error.ts';
import type { Trust } from './trust.ts';
import { openTunnel } from './tunnel.ts';

export interface ConnectOptions {
  readonly url: URL;
  readonly trust: Trust;
  /** Goes through it; only with TLS. */
  readonly proxy?: URL | undefined;
  readonly connectMs: number;
  /** Asked of each address before it is connected to. A proxy looks names up itself: then only addresses that are written out are asked for. */
  readonly mayConnect: (address: string) => boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A read takes as much as the kernel holds, up to this. */
const READ_BYTES = 256 * 1024;

/**
 * One TCP or TLS connection, read by pulling. `node:http` copies and wraps each piece of a body; reading into a
 * few buffers that are used again is what a transfer of many MiB needs (docs/adr/0020-own-registry-client.md).
 */
export class Connection {
  readonly #socket: Socket;
  readonly #spare: Buffer[] = [];
  readonly #arrived: Buffer[] = [];
  /** The buffer of the chunk that the reader holds. */
  #lent: Buffer | undefined;
  #reader: { resolve: (chunk: Buffer | undefined) => void; reject: (error: Error) => void } | undefined;
  #writers = 0;
  #readMs = 0;
  #writeMs = 0;
  #ended = false;
  #direct = true;
  #failure: NetworkError | undefined;

  private constructor(open: (onread: NetConnectOpts['onread']) => Socket) {
    this.#socket = open({
      buffer: () => this.#spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (size, buffer) => this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, size)),
    });
    this.#socket.on('end', () => this.#end());
    this.#socket.on('close', () => this.#end());
    this.#socket.on('error', (error) => this.#fail(asNetworkError(error)));
    this.#socket.on('timeout', () => this.#lag());
  }

  static async open({ url, trust, proxy, connectMs, mayConnect, signal }: ConnectOptions): Promise<Connection> {
    signal?.throwIfAborted();
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !mayConnect(host)) throw astray(host, host);
    const secure = url.protocol === 'https:';
    const port = Number(url.port) || (secure ? 443 : 80);
    // Node tries the next address after 250 ms by default, which a slow line takes for every address.
    const address = {
      host,
      port,
      noDelay: true,
      autoSelectFamilyAttemptTimeout: Math.max(connectMs / 4, 10),
      lookup: lookupAmong(mayConnect),
    };
    if (!secure) {
      const connection = new Connection((onread) => connect({ ...address, ...whenGiven({ onread }) }));
      await connection.#established('connect', { url, connectMs, signal });
      return connection;
    }
    // TLS takes 17 ms to load, which a registry on plain HTTP never needs.
    const [{ connect: connectTls }, options] = await Promise.all([import('node:tls'), trust.tlsOptions()]);
    const socket = proxy && (await openTunnel({ proxy, host, port, connectMs, signal }));
    const tls = { ...options, ...(isIP(host) ? {} : { servername: host }), ALPNProtocols: ['http/1.1'] };
    const connection = new Connection((onread) =>
      socket ? connectTls({ ...tls, host, socket }) : connectTls({ ...tls, ...address, ...whenGiven({ onread }) }),
    );
    // Node reads into our buffers only where it made the socket itself.
    connection.#direct = socket === undefined;
    if (socket) connection.#socket.on('data', (chunk: Buffer) => connection.#takeOrPause(chunk));
    await connection.#established('secureConnect', { url, connectMs, signal });
    return connection;
  }

  /** The address of the other end; undefined behind a proxy, or when the connection is closed. */
  get address(): string | undefined {
    return this.#direct ? this.#socket.remoteAddress : undefined;
  }

  get alive(): boolean {
    return !this.#ended && !this.#failure && this.#arrived.length === 0;
  }

  /**
   * The bytes that come next, valid until the next read; nothing at the connection's end. Fails with `stall` when
   * nothing came, and nothing of what is being written went, for `patienceMs`.
   */
  read(patienceMs: number): Promise<Buffer | undefined> {
    if (this.#lent) this.#spare.push(this.#lent);
    this.#lent = undefined;
    const chunk = this.#arrived.shift();
    if (chunk) return Promise.resolve(this.#lend(chunk));
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
      this.#readMs = patienceMs;
      this.#watch();
      this.#socket.resume();
    });
  }

  /** Resolves when the kernel has the pieces, which go in one call. */
  write(pieces: readonly Uint8Array[], patienceMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#writers++;
      this.#writeMs = patienceMs;
      this.#watch();
      const written = (error?: Error | null): void => {
        this.#writers--;
        this.#watch();
        if (error) reject(this.#failure ?? asNetworkError(error));
        else resolve();
      };
      this.#socket.cork();
      for (const [n, piece] of pieces.entries())
        this.#socket.write(piece, n === pieces.length - 1 ? written : undefined);
      this.#socket.uncork();
    });
  }

  /** Waits for the next request without keeping the process alive. */
  rest(idleMs: number): void {
    this.#socket.setTimeout(idleMs);
    this.#socket.unref();
    this.#socket.resume();
  }

  wake(): void {
    this.#socket.setTimeout(0);
    this.#socket.ref();
  }

  destroy(reason?: NetworkError): void {
    if (reason) this.#fail(reason);
    this.#socket.destroy();
  }

  async #established(
    event: string,
    { url, connectMs, signal }: Pick<ConnectOptions, 'url' | 'connectMs' | 'signal'>,
  ): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (): void => reject(this.#failure ?? new NetworkError('cut', 'the connection ended at once'));
    const abort = (): void => this.destroy(new NetworkError('cut', 'given up'));
    const timer = setTimeout(
      () => this.destroy(new NetworkError('connect-timeout', `no connection to ${url.host} in ${connectMs} ms`)),
      connectMs,
    );
    this.#socket.once(event, resolve).once('close', fail);
    signal?.addEventListener('abort', abort, { once: true });
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#socket.off('close', fail);
      signal?.removeEventListener('abort', abort);
    }
  }

  #lend(chunk: Buffer): Buffer {
    // Only our own buffers are used again.
    this.#lent = chunk.buffer.byteLength === READ_BYTES ? Buffer.from(chunk.buffer) : undefined;
    return chunk;
  }

  #takeOrPause(chunk: Buffer): void {
    if (!this.#take(chunk)) this.#socket.pause();
  }

  /** Hands a chunk to the reader, or keeps it and pauses the socket. */
  #take(chunk: Buffer): boolean {
    const reader = this.#reader;
    if (!reader) {
      this.#arrived.push(chunk);
      return false;
    }
    this.#reader = undefined;
    this.#watch();
    reader.resolve(this.#lend(chunk));
    return true;
  }

  #end(): void {
    this.#ended = true;
    this.#reader?.resolve(undefined);
    this.#reader = undefined;
  }

  #fail(error: NetworkError): void {
    this.#failure ??= error;
    this.#reader?.reject(this.#failure);
    this.#reader = undefined;
  }

  /** Only waiting for the other side is timed: a slow sink or source of ours is no stall. */
  #watch(): void {
    this.#socket.setTimeout(this.#writers > 0 ? this.#writeMs : this.#reader ? this.#readMs : 0);
  }

  #lag(): void {
    this.destroy(new NetworkError('stall', `no byte came or went for ${this.#socket.timeout ?? 0} ms`));
  }
}

/** Looks a name up, and lets only those of its addresses through that may be connected to: what is asked for and what is used are one. */
function lookupAmong(mayConnect: (address: string) => boolean): LookupFunction {
  return (name, options, done) => {
    lookup(name, { ...options, all: true }, (error, addresses) => {
      const allowed = error ? [] : addresses.filter(({ address }) => mayConnect(address));
      const [first] = allowed;
      if (error) done(error, '');
      else if (first === undefined) done(astray(name, addresses[0]?.address ?? ''), '');
      else if (options.all === true) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function astray(host: string, address: string): NetworkError {
  const where = host === address ? '' : `, which is at ${address}`;
  return new NetworkError('astray', `it sends clients to ${host}${where}: nearer to this machine than it is itself`);
}

/** `net` and `tls` know `onread`; their types of options to connect know it differently. */
function whenGiven(option: { onread: NetConnectOpts['onread'] }): object {
  return option;
}

import type { NetConnectOpts, Socket } from 'node:net';
import { asNetworkError, isCertificateAlert, NetworkError } from '../message/network-error.ts';

/** The last step of opening a connection, and how long it may take. */
interface Handshake {
  /** The host's name, for messages. */
  readonly host: string;
  readonly connectMs: number;
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
  readonly #way: 'straight' | 'tunnel';
  readonly #spare: Buffer[] = [];
  readonly #arrived: Buffer[] = [];
  /** The buffer of the chunk that the reader holds. */
  #lent: Buffer | undefined;
  #reader: { resolve: (chunk: Buffer | undefined) => void; reject: (error: Error) => void } | undefined;
  #writers = 0;
  #readMs = 0;
  #writeMs = 0;
  #established = false;
  #ended = false;
  #failure: NetworkError | undefined;

  constructor(open: (onread: NetConnectOpts['onread']) => Socket, way: 'straight' | 'tunnel') {
    this.#way = way;
    this.#socket = open({
      buffer: () => this.#spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES),
      callback: (size, buffer) => this.#take(Buffer.from(buffer.buffer, buffer.byteOffset, size)),
    });
    this.#socket.on('end', () => this.#end());
    this.#socket.on('close', () => this.#end());
    this.#socket.on('error', (error) => this.#fail(this.#judge(asNetworkError(error))));
    this.#socket.on('timeout', () => this.#lag());
    // Node reads into our buffers only where it made the socket itself.
    if (way === 'tunnel') this.#socket.on('data', (chunk: Buffer) => this.#takeOrPause(chunk));
  }

  /** The address of the other end; undefined behind a proxy, or when the connection is closed. */
  get address(): string | undefined {
    return this.#way === 'straight' ? this.#socket.remoteAddress : undefined;
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

  /** Waits for the event that ends the handshake. Fails with `NetworkError`, also when the signal comes first. */
  async established(event: 'connect' | 'secureConnect', { host, connectMs, signal }: Handshake): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (): void => reject(this.#failure ?? new NetworkError('cut', 'the connection ended at once'));
    const abort = (): void => this.destroy(new NetworkError('cut', 'given up'));
    const timer = setTimeout(
      () => this.destroy(new NetworkError('connect-timeout', `no connection to ${host} in ${connectMs} ms`)),
      connectMs,
    );
    this.#socket.once(event, resolve).once('close', fail);
    signal?.addEventListener('abort', abort, { once: true });
    // It may have come while the connection was prepared.
    if (signal?.aborted === true) abort();
    try {
      await promise;
      this.#established = true;
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

  /**
   * What TLS refuses once the handshake is over was damaged on its way, and the next connection may bring it whole. But a server of TLS 1.3 that wants
   * a certificate of us says so only then.
   */
  #judge(error: NetworkError): NetworkError {
    return this.#established && error.fault === 'tls' && !isCertificateAlert(error.cause)
      ? new NetworkError('cut', error.message, { cause: error })
      : error;
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

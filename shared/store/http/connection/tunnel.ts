import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
// A `%` that begins no escape stands for itself, where decodeURIComponent would throw.
import { unescape } from 'node:querystring';

import { asNetworkError, NetworkError } from '../message/network-error.ts';
import { endOfHead, parseHead } from '../message/response-head.ts';

interface TunnelOptions {
  readonly proxy: URL;
  readonly host: string;
  readonly port: number;
  readonly connectMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** A connection to `host:port` through a proxy (RFC 9110, section 9.3.6), ready for TLS. */
export async function openTunnel({ proxy, host, port, connectMs, signal }: TunnelOptions): Promise<Socket> {
  if (proxy.protocol !== 'http:') {
    throw new NetworkError(
      'refused',
      `the proxy ${proxy.host} is named with ${proxy.protocol}, only http: is supported`,
    );
  }
  const timeout = AbortSignal.timeout(connectMs);
  const limit = signal ? AbortSignal.any([signal, timeout]) : timeout;
  const address = { host: proxy.hostname.replace(/^\[|\]$/g, ''), port: Number(proxy.port || 80), noDelay: true };
  const socket = connect(address);
  try {
    await once(socket, 'connect', { signal: limit });
    socket.write(connectRequest(proxy, host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`));
    await readAgreement(socket, proxy, limit);
    return socket;
  } catch (error) {
    socket.destroy();
    if (limit.aborted)
      throw new NetworkError('connect-timeout', `no way through the proxy ${proxy.host} in ${connectMs} ms`);
    throw error instanceof Error ? asNetworkError(error) : error;
  }
}

function connectRequest(proxy: URL, authority: string): string {
  const [user, password] = [unescape(proxy.username), unescape(proxy.password)];
  const credentials = Buffer.from(`${user}:${password}`).toString('base64');
  const authorization = user === '' ? '' : `proxy-authorization: Basic ${credentials}\r\n`;
  return `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${authorization}\r\n`;
}

async function readAgreement(socket: Socket, proxy: URL, signal: AbortSignal): Promise<void> {
  let bytes: Buffer = Buffer.alloc(0);
  for (let end = endOfHead(bytes); ; end = endOfHead(bytes)) {
    if (end !== undefined) {
      const { status } = parseHead(bytes.subarray(0, end));
      if (status >= 200 && status < 300) return;
      throw new NetworkError('refused', `the proxy ${proxy.host} answered ${status}`);
    }
    const chunk: unknown = socket.read() ?? (await nextChunk(socket, signal));
    if (!Buffer.isBuffer(chunk)) throw new NetworkError('cut', `the proxy ${proxy.host} closed the connection`);
    bytes = Buffer.concat([bytes, chunk]);
  }
}

/** The next bytes; undefined at the end of the connection. */
async function nextChunk(socket: Socket, signal: AbortSignal): Promise<unknown> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  try {
    await Promise.race([once(socket, 'readable', { signal: either }), once(socket, 'end', { signal: either })]);
    return socket.read();
  } finally {
    done.abort();
  }
}

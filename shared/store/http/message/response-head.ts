import type { Headers } from './http-message.ts';
import { NetworkError } from './network-error.ts';

export interface ResponseHead {
  readonly status: number;
  readonly headers: Headers;
  /** The server will take another request on this connection. */
  readonly persistent: boolean;
}

const END_OF_HEAD = Buffer.from('\r\n\r\n');
const HEAD_BYTES = 64 * 1024;
const STATUS_LINE = /^HTTP\/1\.([01]) (\d{3})(?: .*)?$/;
const FIELD = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^ \t].*)?$/;

/** Where the head ends (behind its empty line), or nothing while it is incomplete. */
export function endOfHead(bytes: Buffer): number | undefined {
  const end = bytes.indexOf(END_OF_HEAD);
  if (end < 0 ? bytes.length > HEAD_BYTES : end > HEAD_BYTES) {
    throw new NetworkError('protocol', `the head of an answer is longer than ${HEAD_BYTES} bytes`);
  }
  return end < 0 ? undefined : end + END_OF_HEAD.length;
}

/** Parses a head, its empty line included (RFC 9112, sections 4 and 5). */
export function parseHead(bytes: Buffer): ResponseHead {
  const [statusLine = '', ...lines] = bytes.toString('latin1').trimEnd().split('\r\n');
  const status = STATUS_LINE.exec(statusLine);
  if (!status) throw new NetworkError('protocol', 'the answer is not HTTP/1.1');

  const headers = new Map<string, string>();
  for (const line of lines) {
    const field = FIELD.exec(line);
    if (!field?.[1]) throw new NetworkError('protocol', 'the answer has a malformed header');
    const name = field[1].toLowerCase();
    const value = (field[2] ?? '').trimEnd();
    const earlier = headers.get(name);
    if (name === 'content-length' && earlier !== undefined && earlier !== value) {
      throw new NetworkError('protocol', 'the answer has two different lengths');
    }
    headers.set(name, earlier === undefined || name === 'content-length' ? value : `${earlier}, ${value}`);
  }
  const connection = (headers.get('connection') ?? '').toLowerCase();
  const persistent = status[1] === '1' ? !/\bclose\b/.test(connection) : /\bkeep-alive\b/.test(connection);
  return { status: Number(status[2]), headers, persistent };
}

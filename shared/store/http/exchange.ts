import type { Transfer } from '../transfer.ts';
import type { Connection } from './connection/connection.ts';
import type { HttpRequest } from './message/http-message.ts';
import { NetworkError } from './message/network-error.ts';
import { endOfHead, parseHead } from './message/response-head.ts';
import type { ResponseHead } from './message/response-head.ts';

interface ExchangeOptions {
  readonly connection: Connection;
  readonly request: HttpRequest;
  readonly stallMs: number;
  readonly transfer: Transfer;
}

export interface Answer {
  readonly head: ResponseHead;
  /** What came behind the head, valid until the connection's next read. */
  readonly rest: Buffer;
}

/** Bodies up to this travel in one piece with their head. */
const SMALL_BODY_BYTES = 16 * 1024;

/** RFC 9112, section 7.1. */
const LINE_END = Buffer.from('\r\n');
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** Sends a request while listening: a server that refuses a large body says so before it has all of it. */
export async function exchange(options: ExchangeOptions): Promise<Answer & { readonly complete: boolean }> {
  const { connection, request, stallMs } = options;
  const answer = readAnswer(connection, Math.max(request.answerMs ?? 0, stallMs));
  const [sending, answering] = await Promise.allSettled([sendRequest(options, answer), answer]);
  const failure =
    sending.status === 'rejected' && !(sending.reason instanceof AnsweredEarly) ? sending.reason : undefined;
  if (failure !== undefined && !(failure instanceof NetworkError)) throw failure;
  // A server that answers and closes while we send is seen as a failure to send, too: its answer says more.
  if (answering.status === 'fulfilled') return { ...answering.value, complete: sending.status === 'fulfilled' };
  throw failure ?? answering.reason;
}

async function readAnswer(connection: Connection, patienceMs: number): Promise<Answer> {
  let bytes: Buffer = Buffer.alloc(0);
  for (;;) {
    const end = endOfHead(bytes);
    if (end === undefined) {
      const chunk = await connection.read(patienceMs);
      if (!chunk) throw new NetworkError('cut', 'the connection ended before the answer');
      bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
      if (endOfHead(bytes) === undefined) bytes = Buffer.from(bytes);
      continue;
    }
    const head = parseHead(bytes.subarray(0, end));
    const rest = bytes.subarray(end);
    if (head.status >= 200) return { head, rest };
    // 1xx are only announcements.
    bytes = Buffer.from(rest);
  }
}

/** The body's end is reached, or the server has answered before it. */
async function sendRequest(
  { connection, request, stallMs, transfer }: ExchangeOptions,
  answer: Promise<Answer>,
): Promise<void> {
  const { body } = request;
  const head = requestHead(request);
  let answered = false;
  const early = (async () => {
    // The caller that waits for the answer gets its error; here the next write fails.
    await answer.catch(() => undefined);
    answered = true;
  })();

  const write = async (...pieces: readonly Uint8Array[]): Promise<void> => {
    if (answered) throw new AnsweredEarly();
    await Promise.race([connection.write(pieces, stallMs), early]);
    if (answered) throw new AnsweredEarly();
  };

  try {
    if (!body || body instanceof Uint8Array) {
      const joined = body && body.length <= SMALL_BODY_BYTES;
      await connection.write([joined ? Buffer.concat([head, body]) : head], stallMs);
      if (body && !joined) await write(body);
      transfer.bytesSent += body?.length ?? 0;
      request.taken?.();
      return;
    }
    await connection.write([head], stallMs);
    let length = 0;
    await body.run(async (chunk) => {
      length += chunk.length;
      if (length > (body.length ?? Infinity)) throw new RangeError('a body is longer than announced');
      if (body.length !== undefined) await write(chunk);
      // An empty chunk would be the end.
      else if (chunk.length > 0) await write(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, LINE_END);
      transfer.bytesSent += chunk.length;
    });
    if (length < (body.length ?? 0)) throw new RangeError('a body is shorter than announced');
    if (body.length === undefined) await write(LAST_CHUNK);
    request.taken?.();
  } catch (error) {
    // Ends the wait for an answer to half a request.
    if (!(error instanceof AnsweredEarly) && !(error instanceof NetworkError)) connection.destroy();
    throw error;
  }
}

function requestHead({ method, url, headers, body }: HttpRequest): Buffer {
  const lines = [`${method} ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`];
  for (const [name, value] of Object.entries(headers ?? {})) lines.push(`${name}: ${value}`);
  if (body) lines.push(body.length === undefined ? 'transfer-encoding: chunked' : `content-length: ${body.length}`);
  else if (method !== 'GET' && method !== 'HEAD') lines.push('content-length: 0');
  if (lines.some((line) => /[^\t\x20-\x7e\x80-\xff]/.test(line))) {
    throw new TypeError('a header holds a line break or a character that cannot be sent');
  }
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
}

class AnsweredEarly extends Error {}

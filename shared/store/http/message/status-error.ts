import { readBytes } from './http-message.ts';
import type { HttpResponse } from './http-message.ts';

/** One of the `errors` in an answer, as the distribution spec has them. */
interface ReportedError {
  readonly code: string;
  readonly message: string;
  readonly detail: unknown;
}

/** An answer that is a refusal. */
export class StatusError extends Error {
  readonly status: number;
  readonly url: URL;
  readonly reported: readonly ReportedError[];
  /** How long the server asks us to wait, in milliseconds. */
  readonly retryAfterMs: number | undefined;

  constructor(response: Pick<HttpResponse, 'status' | 'url'>, said: Said, retryAfterMs: number | undefined) {
    const reported = parseReported(said.body);
    super(describe(response.status, reported, said));
    this.name = 'StatusError';
    this.status = response.status;
    this.url = response.url;
    this.reported = reported;
    this.retryAfterMs = retryAfterMs;
  }

  reports(code: string): boolean {
    return this.reported.some((error) => error.code === code);
  }
}

/** What the server says, and what takes secrets out of it: before it is cut or put on one line, as a part of a secret is shown otherwise. */
interface Said {
  readonly body: string;
  readonly hide: (text: string) => string;
}

const BODY_BYTES = 64 * 1024;
const MESSAGE_CHARACTERS = 300;

interface StatusErrorOptions {
  /** Whether messages show what the server says. Of a server that is not the registry itself they do not. */
  readonly quotes?: boolean;
  /** Takes secrets out of what the server says. */
  readonly hide: (text: string) => string;
}

/** Reads the body of an answer that refuses. */
export async function readStatusError(
  response: HttpResponse,
  { quotes = true, hide }: StatusErrorOptions,
): Promise<StatusError> {
  if (!quotes) await response.discard();
  const bytes = quotes ? await readBytes(response, BODY_BYTES) : undefined;
  return new StatusError(
    response,
    { body: Buffer.from(bytes ?? []).toString('utf8'), hide },
    parseRetryAfter(response.headers.get('retry-after')),
  );
}

/** Seconds or a date (RFC 9110, section 10.2.3), as milliseconds from now. */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

/** What a server says, as it may stand in a log line: one line, bounded, nothing that moves a cursor. */
export function printable(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, ' ').trim();
  return line.length > MESSAGE_CHARACTERS ? `${line.slice(0, MESSAGE_CHARACTERS)}...` : line;
}

function describe(status: number, reported: readonly ReportedError[], { body, hide }: Said): string {
  const said =
    reported.length > 0
      ? reported.map(({ code, message }) => (message === '' ? code : `${code}: ${message}`)).join('; ')
      : /^\s*</.test(body)
        ? ''
        : body;
  const shown = printable(hide(said));
  return shown === '' ? `answered ${status}` : `answered ${status} (${shown})`;
}

function parseReported(body: string): readonly ReportedError[] {
  try {
    const value: unknown = JSON.parse(body);
    const errors: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, 'errors') : undefined;
    return Array.isArray(errors) ? errors.map(asReported) : [];
  } catch {
    return [];
  }
}

function asReported(error: unknown): ReportedError {
  const field = (name: string): unknown =>
    typeof error === 'object' && error !== null ? Reflect.get(error, name) : undefined;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return { code: text(field('code')), message: text(field('message')), detail: field('detail') };
}

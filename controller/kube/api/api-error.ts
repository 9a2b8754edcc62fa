/**
 * What the API server, or the way to it, answered instead of an object.
 *
 * `status` is the HTTP status, 0 when there was no answer at all. `reason` is the machine's word of the
 * Status object (`AlreadyExists`, `Expired`, ...), see
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/status/.
 */
export class ApiError extends Error {
  readonly status: number;
  readonly reason: string;
  readonly retryAfterMs: number | undefined;
  /** The server's own sentence, without the request. */
  readonly detail: string;

  constructor(
    answer: { request: string; status: number; reason: string; detail: string; retryAfterMs?: number },
    options?: ErrorOptions,
  ) {
    super(`${answer.request}: ${answer.status === 0 ? 'no answer' : answer.status}: ${answer.detail}`, options);
    this.name = 'ApiError';
    this.status = answer.status;
    this.reason = answer.reason;
    this.detail = answer.detail;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** A proxy before the API server may ask clients to wait for an hour, and be back in a second. No wait is longer than this. */
const LONGEST_RETRY_AFTER_MS = 10_000;

/** Reads the body of a refused request; anything that is not a Status object becomes the message, shortened. */
export function apiErrorFrom(request: string, status: number, body: string, retryAfter?: string): ApiError {
  const seconds = Number(retryAfter);
  const isTold = retryAfter !== undefined && Number.isFinite(seconds);
  const retryAfterMs = isTold ? { retryAfterMs: Math.min(seconds * 1000, LONGEST_RETRY_AFTER_MS) } : {};
  const { reason, message } = statusFields(body);
  return new ApiError({ request, status, reason, detail: message, ...retryAfterMs });
}

function statusFields(body: string): { reason: string; message: string } {
  try {
    const parsed: unknown = JSON.parse(body);
    if (typeof parsed === 'object' && parsed !== null) {
      const reason = 'reason' in parsed && typeof parsed.reason === 'string' ? parsed.reason : '';
      const message = 'message' in parsed && typeof parsed.message === 'string' ? parsed.message : reason;
      return { reason, message };
    }
  } catch {
    // Proxies and overload handlers answer in plain text.
  }
  return { reason: '', message: body.trim().slice(0, 300) };
}

/** The server, or a proxy before it, said something. */
export const isAnswer = (error: unknown): boolean => error instanceof ApiError && error.status !== 0;
export const isNotFound = (error: unknown): boolean => error instanceof ApiError && error.status === 404;
export const isForbidden = (error: unknown): error is ApiError => error instanceof ApiError && error.status === 403;
export const isAlreadyExists = (error: unknown): boolean =>
  error instanceof ApiError && error.reason === 'AlreadyExists';
export const isConflict = (error: unknown): boolean => error instanceof ApiError && error.reason === 'Conflict';
/** The resourceVersion to watch or page from is no longer known: list again. */
export const isExpired = (error: unknown): boolean => error instanceof ApiError && error.status === 410;
/** The server understood the request and will never take it: the same request again is pointless. */
export const isRefused = (error: unknown): error is ApiError =>
  error instanceof ApiError && [400, 403, 413, 422].includes(error.status);

/** Refused for now: other pods have the quota, or its controller has not counted them yet. */
export const isOverQuota = (error: ApiError): boolean => /exceeded quota|status unknown for quota/.test(error.detail);

export function retryAfterMs(error: unknown): number | undefined {
  return error instanceof ApiError ? error.retryAfterMs : undefined;
}

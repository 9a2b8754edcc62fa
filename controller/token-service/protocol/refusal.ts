/** Why there is no token, or no statement; values of a metric's label. */
export const REFUSAL_REASONS = [
  'bad-request',
  'too-large',
  'no-login',
  'bad-login',
  'no-pod',
  'no-run',
  'too-many',
  'not-yet',
  'out-of-scope',
  'unavailable',
] as const;
type RefusalReason = (typeof REFUSAL_REASONS)[number];

export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 413 | 429 | 503;
  readonly reason: RefusalReason;
  /** A sentence for whoever asked; holds no credential. */
  readonly message: string;
  readonly retryAfterS?: number;
}

export const isRefusal = (value: object): value is Refusal => 'status' in value && 'reason' in value;

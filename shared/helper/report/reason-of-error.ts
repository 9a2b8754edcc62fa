import type { CacheError, ErrorCode } from '../../errors.ts';
import type { Reason } from '../../interface/results/results.ts';

const REASONS: Record<ErrorCode, Reason> = {
  InvalidParams: 'invalid-params',
  CustomRunWorkspaceNotSupported: 'invalid-params',
  Unauthorized: 'unauthorized',
  Refused: 'refused',
  Unreachable: 'unreachable',
  // A blob of the entry is gone: the registry has collected it, and what is left of the entry is none.
  NotFound: 'not-found',
  DigestMismatch: 'invalid-image',
  InvalidImage: 'invalid-image',
  TooLarge: 'too-large',
  Unreadable: 'unreadable',
  Unwritable: 'unwritable',
  Deadline: 'deadline',
  Cancelled: 'cancelled',
  Internal: 'internal',
};

export function reasonOf(error: CacheError): Reason {
  return REASONS[error.code];
}

/** After these there is no point in trying the next target. */
export function endsEverything(error: CacheError): boolean {
  return ENDINGS.has(error.code);
}

const ENDINGS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'InvalidParams',
  'Unwritable',
  'Deadline',
  'Cancelled',
  'Internal',
]);

/** What the log says: a sentence, and for a bug of ours where it happened. */
export function logText(error: CacheError): string {
  if (error.code !== 'Internal') return error.message;
  const origin = error.cause instanceof Error ? error.cause : error;
  return origin.stack ?? error.message;
}

/**
 * Every error that a user can meet, with a code that never changes.
 *
 * A message tells what happened, to what, and what to do. It never holds a credential.
 */
export const ERROR_CODES = {
  /** A param, option or configuration key is wrong: a bug of its author, never retried. */
  InvalidParams: 'InvalidParams',
  /** A workspace of a kind that cannot be a cache. The name is Tekton's own reason. */
  WorkspaceNotSupported: 'CustomRunWorkspaceNotSupported',
  /** The registry refuses our credentials, or wants some and has none. */
  Unauthorized: 'Unauthorized',
  /** The registry, or a proxy before it, refuses what is asked for, for another reason than credentials: quota, a protected tag, a length. */
  Refused: 'Refused',
  /** The registry does not answer: name lookup, connection, TLS, stall, 5xx after every retry. */
  Unreachable: 'Unreachable',
  /** A manifest or blob is not there. */
  NotFound: 'NotFound',
  /** What came does not have the digest that was asked for. */
  DigestMismatch: 'DigestMismatch',
  /** The image is not something that we can restore exactly: hostile, broken or of an unknown kind. */
  InvalidImage: 'InvalidImage',
  /** A configured limit on bytes, files, one blob or expansion is passed. */
  TooLarge: 'TooLarge',
  /** A file of the cache cannot be read. */
  Unreadable: 'Unreadable',
  /** The directory cannot be written as it has to be. */
  Unwritable: 'Unwritable',
  /** `max-time` has passed. */
  Deadline: 'Deadline',
  /** The work was cancelled from outside. */
  Cancelled: 'Cancelled',
  /** Anything else: a bug of ours. */
  Internal: 'Internal',
} as const;

export type ErrorCode = (typeof ERROR_CODES)[keyof typeof ERROR_CODES];

/** A message goes into conditions, events and logs, and may quote what somebody wrote: of a long one the middle is left out. */
const MESSAGE_LENGTH = 2000;
const MESSAGE_END = 500;

export class CacheError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    const tooLong = message.length > MESSAGE_LENGTH;
    super(
      tooLong ? `${message.slice(0, MESSAGE_LENGTH - MESSAGE_END)} ... ${message.slice(-MESSAGE_END)}` : message,
      options,
    );
    this.name = 'CacheError';
    this.code = code;
  }
}

/** A blob that its store does not give as it was: gone, of another digest, or unreadable for it. Nothing may be built upon it. */
export class BlobError extends CacheError {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;

  constructor(code: ErrorCode, message: string, digest: string, options?: ErrorOptions) {
    super(code, message, options);
    this.name = 'BlobError';
    this.digest = digest;
  }
}

/** What the author of a param, an option or a key has to mend. `message` says which one, and what to write instead. */
export function invalidParams(message: string, options?: ErrorOptions): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message, options);
}

/** The error as a `CacheError`; what is not one already is a bug and becomes `Internal`. */
export function asCacheError(error: unknown): CacheError {
  if (error instanceof CacheError) return error;
  return new CacheError(ERROR_CODES.Internal, messageOf(error), { cause: error });
}

/** The message of an error; anything else that was thrown, as text. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

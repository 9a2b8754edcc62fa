import { CacheError, ERROR_CODES } from '../errors.ts';

/** Errors of the file system say themselves which path and why; others stay as they are. */
export function unreadable(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new CacheError(ERROR_CODES.Unreadable, `The files to hash cannot be read: ${error.message}`, { cause: error });
}

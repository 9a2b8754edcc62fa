import { CacheError, ERROR_CODES } from '../errors.ts';

/** Makes `Unreadable` of an error of the file system, whose message says which path and why. Other errors stay as they are. */
export function unreadable(error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  return new CacheError(ERROR_CODES.Unreadable, `The files to hash cannot be read: ${error.message}`, { cause: error });
}

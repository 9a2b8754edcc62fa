import { CacheError, type ErrorCode } from '../../shared/errors.ts';

/** The code of a CacheError; anything else is what it is. */
export function codeOf(error: unknown): ErrorCode | unknown {
  return error instanceof CacheError ? error.code : error;
}

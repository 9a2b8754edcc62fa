import { CacheError } from '../../shared/errors.ts';

/** The code of a CacheError; anything else is what it is. */
export function codeOf(error: unknown): unknown {
  return error instanceof CacheError ? error.code : error;
}

import { CacheError, ERROR_CODES } from '../errors.ts';

/** A manifest was refused because blobs that it names are not in the store (any more): send them again. */
export class BlobsUnknownError extends CacheError {
  /** The missing ones, as far as the store says; empty when it does not. */
  readonly digests: readonly string[];

  constructor(message: string, digests: readonly string[]) {
    super(ERROR_CODES.NotFound, message);
    this.name = 'BlobsUnknownError';
    this.digests = digests;
  }
}

import { asAbort } from '../abort.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';

interface LayoutFailureContext {
  readonly name: string;
  /** "read the manifest v1" */
  readonly doing: string;
  readonly signal: AbortSignal | undefined;
}

/** Holds the error of a sink or a source, which the caller gets as it is. */
export class ForeignError extends Error {
  constructor(cause: unknown) {
    super('not of the layout', { cause });
  }
}

/** The error as the port promises it. */
export function asLayoutError(error: unknown, { name, doing, signal }: LayoutFailureContext): unknown {
  if (error instanceof ForeignError) return error.cause;
  if (signal?.aborted) return asAbort(signal, `cannot ${doing} in ${name}`);
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new CacheError(ERROR_CODES.Unreachable, `cannot ${doing} in ${name}: ${error.message}`, { cause: error });
}

export function isAbsent(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR');
}

import { asAbort } from '../abort.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { ErrorCode } from '../../errors.ts';
import { NetworkError } from '../http/network-error.ts';
import type { NetworkFault } from '../http/network-error.ts';
import { printable, StatusError } from '../http/status-error.ts';

export interface FailureContext {
  /** `registry/repository` */
  readonly name: string;
  /** What could not be done: "read the manifest v1". */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Takes secrets out of a message. */
  readonly hide: (text: string) => string;
}

const WHAT_TO_DO: Readonly<Record<NetworkFault, string>> = {
  lookup: 'check the name of the registry',
  refused: 'check that the registry runs and can be reached from here',
  'connect-timeout': 'check that the registry can be reached from here',
  tls: 'its certificate must be valid for the host and known: add its authority, or allow the registry as insecure',
  stall: 'it took the connection and went silent',
  cut: 'the connection broke, also after retries',
  protocol: 'check that this is a registry, and what proxies stand before it',
};

/** The error as the port promises it. What is none of the registry's passes as it is: a sink's, a source's. */
export function asStoreError(error: unknown, { name, doing, signal, hide }: FailureContext): unknown {
  if (signal?.aborted) return asAbort(signal, `cannot ${doing} in ${name}`);
  if (error instanceof StatusError) {
    return new CacheError(codeOfStatus(error), hide(`cannot ${doing} in ${name}: ${error.url.host} ${error.message}`));
  }
  if (error instanceof NetworkError) {
    const why = printable(hide(error.message));
    return new CacheError(ERROR_CODES.Unreachable, `cannot ${doing} in ${name}: ${why}; ${WHAT_TO_DO[error.fault]}`);
  }
  return error;
}

function codeOfStatus(error: StatusError): ErrorCode {
  const { status } = error;
  if (status === 401 || status === 403) return ERROR_CODES.Unauthorized;
  if (status === 404) return ERROR_CODES.NotFound;
  if (status === 413) return ERROR_CODES.TooLarge;
  return error.reports('DIGEST_INVALID') ? ERROR_CODES.DigestMismatch : ERROR_CODES.Unreachable;
}

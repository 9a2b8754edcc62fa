import { asAbort } from '../../abort.ts';
import { BlobError, CacheError, ERROR_CODES } from '../../../errors.ts';
import type { ErrorCode } from '../../../errors.ts';
import { NetworkError } from '../../http/message/network-error.ts';
import type { NetworkFault } from '../../http/message/network-error.ts';
import { isTransient } from '../../retry/retry-policy.ts';
import { printable, StatusError } from '../../http/message/status-error.ts';

interface FailureContext {
  /** `registry/repository` */
  readonly name: string;
  /** What could not be done: "read the manifest v1". */
  readonly doing: string;
  readonly signal?: AbortSignal | undefined;
  /** Digest of the blob that was to be read. */
  readonly blob?: string | undefined;
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
  astray: 'only a registry on this machine or network may send clients there',
};

/** The error as the port promises it. What is none of the registry's passes as it is: a sink's, a source's. */
export function asStoreError(error: unknown, context: FailureContext): unknown {
  const { name, doing, signal, hide, blob } = context;
  if (signal?.aborted) return asAbort(signal, `cannot ${doing} in ${name}`);
  const known = error instanceof StatusError || error instanceof NetworkError;
  if (!known) return error;
  const { code, why } = error instanceof StatusError ? ofStatus(error, hide) : ofNetwork(error, hide);
  const message = `cannot ${doing} in ${name}: ${why}`;
  return blob !== undefined && isOfBlob(error) ? new BlobError(code, message, blob) : new CacheError(code, message);
}

interface Failure {
  readonly code: ErrorCode;
  readonly why: string;
}

type Hide = FailureContext['hide'];

function ofStatus(error: StatusError, hide: Hide): Failure {
  const hint =
    error.status === 413
      ? '; raise the limit on the length of requests of the registry, or of the proxy before it'
      : '';
  return { code: codeOfStatus(error), why: `${hide(`${error.url.host} ${error.message}`)}${hint}` };
}

/** Secrets go before the text is cut: a part of one is shown otherwise. */
function ofNetwork({ fault, message }: NetworkError, hide: Hide): Failure {
  return { code: ERROR_CODES.Unreachable, why: `${printable(hide(message))}; ${WHAT_TO_DO[fault]}` };
}

/** The registry is there, and this one blob it cannot give, also after retries. 502 to 504 are about the registry. */
function isOfBlob(error: StatusError | NetworkError): boolean {
  if (error instanceof StatusError) return error.status === 500;
  return error.fault === 'cut' || error.fault === 'protocol';
}

function codeOfStatus(error: StatusError): ErrorCode {
  const { status } = error;
  // 403 that is about credentials was told apart before.
  if (status === 401) return ERROR_CODES.Unauthorized;
  if (status === 404) return ERROR_CODES.NotFound;
  if (error.reports('DIGEST_INVALID')) return ERROR_CODES.DigestMismatch;
  return isTransient(error) || status < 400 ? ERROR_CODES.Unreachable : ERROR_CODES.Refused;
}

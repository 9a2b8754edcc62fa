/**
 * What can go wrong between two machines, before there is an answer to judge.
 *
 * - `lookup`: there is no such host; `refused`: nobody listens, or there is no way to the host;
 * - `connect-timeout`: no connection in time; `tls`: the handshake or the certificate failed;
 * - `stall`: no byte in either direction for too long;
 * - `cut`: the connection ended in the middle; `protocol`: what came is not HTTP.
 * - `astray`: a registry sends its clients to where they must not follow.
 */
export type NetworkFault = 'lookup' | 'refused' | 'connect-timeout' | 'tls' | 'stall' | 'cut' | 'protocol' | 'astray';

export class NetworkError extends Error {
  readonly fault: NetworkFault;

  constructor(fault: NetworkFault, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'NetworkError';
    this.fault = fault;
  }
}

const FAULT_OF_CODE: Readonly<Record<string, NetworkFault>> = {
  ENOTFOUND: 'lookup',
  EAI_NONAME: 'lookup',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'refused',
  ENETUNREACH: 'refused',
  ETIMEDOUT: 'connect-timeout',
  ECONNRESET: 'cut',
  EPIPE: 'cut',
};

/** Names the fault of an error of `node:net` or `node:tls`. */
export function asNetworkError(error: Error): NetworkError {
  if (error instanceof NetworkError) return error;
  const code = codeOf(error);
  const fault = FAULT_OF_CODE[code] ?? (isTlsCode(code) ? 'tls' : 'cut');
  return new NetworkError(fault, messageOf(error), { cause: error });
}

/** True for an error of `node:tls` in which the other side refuses our certificate, or the want of one. */
export function isCertificateAlert(error: unknown): boolean {
  return (
    error instanceof Error &&
    /_ALERT_((BAD_|NO_|UNSUPPORTED_)?CERTIFICATE|UNKNOWN_CA|ACCESS_DENIED)/.test(codeOf(error))
  );
}

function codeOf(error: Error): string {
  return 'code' in error && typeof error.code === 'string' ? error.code : '';
}

/**
 * OpenSSL's verification results (`CERT_HAS_EXPIRED`, `SELF_SIGNED_CERT_IN_CHAIN`, ...; those that Node has no name for, as of a weak key, are
 * `UNSPECIFIED`), Node's own, and handshake failures.
 */
function isTlsCode(code: string): boolean {
  return /CERT|^ERR_TLS|^ERR_SSL|^EPROTO$|SIGNATURE|CRL|^UNABLE_TO|HOSTNAME_MISMATCH|^INVALID_(CA|PURPOSE)|^PATH_LENGTH|^UNSPECIFIED$/.test(
    code,
  );
}

/** Several addresses were tried: the message of the first stands for all. */
function messageOf(error: Error): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) return error.errors[0].message;
  return error.message;
}

import { CacheError, ERROR_CODES } from '../errors.ts';
import type { RegistryToken } from '../interface/places/registry-token.ts';
import { basicAuthorization, secretsOf } from './auth/credential.ts';
import { Redactor } from './auth/redactor.ts';
import { readServiceAccountToken, TokenFileError } from './auth/service-account-token.ts';
import { ConnectionLimit } from './http/connection/connection-limit.ts';
import { proxyFor } from './http/connection/proxy.ts';
import { trustOnly, trustRoots } from './http/connection/trust.ts';
import { HttpClient } from './http/http-client.ts';
import { readBytes } from './http/message/http-message.ts';
import type { HttpRequest } from './http/message/http-message.ts';
import { NetworkError } from './http/message/network-error.ts';
import { readStatusError, StatusError } from './http/message/status-error.ts';
import { TIMEOUTS } from './open-store.ts';
import { RetryBudget } from './retry/retry-budget.ts';
import { RETRY_POLICY } from './retry/retry-policy.ts';
import type { RetryPolicy } from './retry/retry-policy.ts';
import { newTransfer } from './transfer.ts';

interface ScopeQuestion {
  /** Milliseconds for the answer, tries included. */
  readonly answerMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  /** The variables with `HTTPS_PROXY` and `NO_PROXY`; by default those of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal;
}

/** The helper asks while it hashes, and goes on without an answer. */
const ANSWER_MS = 10_000;
const ANSWER_BYTES = 16_384;

/**
 * Asks the token server of the installation for the scope of the run that this pod belongs to: the answer's text. Undefined for a pod without its
 * token, which has the docker configurations. Throws `Unauthorized` or `Unreachable`.
 */
export async function askScope(
  { realm, tokenFile, ca }: RegistryToken,
  { answerMs = ANSWER_MS, retry, environment = process.env, signal }: ScopeQuestion = {},
): Promise<string | undefined> {
  const credential = await readServiceAccountToken(tokenFile).catch((error: unknown) => {
    if (error instanceof TokenFileError) return undefined;
    throw error;
  });
  if (credential?.kind !== 'password') return undefined;
  const trust = ca === undefined ? trustRoots() : trustOnly(ca);
  const http = new HttpClient({
    ...TIMEOUTS,
    transfer: newTransfer(),
    limit: new ConnectionLimit(),
    trust: () => trust,
    proxy: (url) => proxyFor(url, environment),
    // Its address is the installation's choice, whatever it is.
    mayConnect: () => true,
    connected: () => undefined,
  });
  const url = new URL('scope', realm);
  const authorization = basicAuthorization(credential.username, credential.password);
  const request = { method: 'GET', url, headers: { accept: 'application/json', authorization } } as const;
  const late = AbortSignal.timeout(answerMs);
  const within = signal === undefined ? late : AbortSignal.any([signal, late]);
  try {
    return await new RetryBudget({ ...RETRY_POLICY, ...retry }, within).run(() => ask(http, request, within));
  } catch (error) {
    signal?.throwIfAborted();
    const redactor = new Redactor();
    redactor.add(...secretsOf(credential));
    // Whoever answers is there; a slow API server is no better than a refusal.
    const isRefused = error instanceof StatusError;
    const why = late.aborted ? `it gave no answer in ${answerMs} ms` : error instanceof Error ? error.message : '';
    throw new CacheError(
      isRefused ? ERROR_CODES.Unauthorized : ERROR_CODES.Unreachable,
      redactor.hide(`the token server ${url.host} does not tell the scope of this run: ${why}`),
    );
  } finally {
    http.close();
  }
}

async function ask(http: HttpClient, request: HttpRequest, signal: AbortSignal): Promise<string> {
  const response = await http.send(request, signal);
  // The server is not the registry, so messages show nothing that it says.
  if (response.status !== 200) throw await readStatusError(response, { quotes: false, hide: (text) => text });
  const bytes = await readBytes(response, ANSWER_BYTES);
  if (bytes === undefined) throw new NetworkError('protocol', `${request.url.host} answered with more than a scope`);
  return Buffer.from(bytes).toString('utf8');
}

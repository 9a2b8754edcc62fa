import type http from 'node:http';

import { AddressCount } from '../server/address-count.ts';
import { serve } from '../server/bounded-server.ts';
import type { BoundedServer } from '../server/bounded-server.ts';
import type { TlsFiles } from '../server/tls-files.ts';
import type { TokenRequest } from './protocol/question.ts';
import { isRefusal } from './protocol/refusal.ts';
import type { Refusal } from './protocol/refusal.ts';
import type { Answer, TokenService, What } from './token-service.ts';

/** What is asked for at which path. */
const PATHS: ReadonlyMap<string, What> = new Map([
  ['/token', 'token'],
  ['/statement', 'statement'],
  ['/scope', 'scope'],
]);
/** The number of sentences in an answer about what was not granted. */
const MAX_REASONS = 5;
const MAX_FORM_BYTES = 64 * 1024;
/** Questions at once; each may wait for the API server. */
const MAX_QUESTIONS = 200;
/** So that no address takes them all; behind a proxy many pods may have one. */
const MAX_QUESTIONS_OF_ADDRESS = MAX_QUESTIONS / 4;
const BOUNDS = {
  timeouts: { headersTimeout: 5000, requestTimeout: 10_000, keepAliveTimeout: 30_000 },
  connections: 2000,
  connectionsOfAddress: 500,
};
const JSON_TYPE = { 'content-type': 'application/json', 'cache-control': 'no-store' };

/** Listens for questions. Without `tls`: plain HTTP. */
export function serveTokens(port: number, service: TokenService, tls?: TlsFiles): BoundedServer {
  const questions = new AddressCount(MAX_QUESTIONS, MAX_QUESTIONS_OF_ADDRESS);
  const listener = (request: http.IncomingMessage, response: http.ServerResponse): void => {
    void answer(request, service, questions).then((given) => write(response, given));
  };
  return serve(port, listener, BOUNDS, tls);
}

/** JSON. */
interface Reply {
  readonly body: string | Uint8Array;
}

async function answer(
  request: http.IncomingMessage,
  service: TokenService,
  questions: AddressCount,
): Promise<Reply | Refusal> {
  const url = URL.parse(request.url ?? '/', 'http://token-service');
  const what = PATHS.get(url?.pathname ?? '');
  if (url === null || what === undefined) {
    const message = 'nothing is here; tokens are at /token, statements at /statement, scopes at /scope';
    return service.refuse({ status: 404, reason: 'bad-request', message });
  }
  const form = await readForm(request);
  if (form === undefined) {
    const message = `more than ${MAX_FORM_BYTES} bytes, or a request that broke off`;
    return service.refuse({ status: 413, reason: 'too-large', message }, what);
  }
  const { authorization } = request.headers;
  const { method = '' } = request;
  const question: TokenRequest = { method, query: url.searchParams, authorization, form: new URLSearchParams(form) };
  // A form that comes slowly takes a connection, but no place among the questions.
  const leave = questions.enter(request.socket.remoteAddress);
  if (leave === undefined) {
    const message = 'too many questions at once';
    return service.refuse({ status: 503, reason: 'unavailable', message, retryAfterS: 1 }, what);
  }
  try {
    if (what === 'scope') {
      const told = await service.tellScope(question);
      return isRefusal(told) ? told : { body: JSON.stringify(told.places) };
    }
    if (what === 'statement') {
      const signed = await service.state({ method, authorization, body: form });
      return isRefusal(signed) ? signed : { body: signed.envelope };
    }
    const given = await service.answer(question);
    return isRefusal(given) ? given : { body: tokenBody(given) };
  } finally {
    leave();
  }
}

async function readForm(request: http.IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      if (bytes > MAX_FORM_BYTES) return undefined;
      chunks.push(part);
    }
    return Buffer.concat(chunks).toString('utf8');
  } catch {
    return undefined;
  }
}

function write(response: http.ServerResponse, given: Reply | Refusal): void {
  if (isRefusal(given)) {
    const { status, message, retryAfterS } = given;
    const code = status === 401 ? 'UNAUTHORIZED' : status === 429 ? 'TOOMANYREQUESTS' : 'DENIED';
    response
      .writeHead(status, {
        ...JSON_TYPE,
        ...(status === 401 ? { 'www-authenticate': 'Basic realm="tekton-cache token service"' } : {}),
        ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
        // The service does not wait for the rest of a form that is too long.
        ...(status === 413 ? { connection: 'close' } : {}),
      })
      .end(JSON.stringify({ errors: [{ code, message }] }));
    return;
  }
  response.writeHead(200, JSON_TYPE).end(given.body);
}

function tokenBody(answer: Answer): string {
  const { token, expiresInS, issuedAt, granted, refused, withheld, retryAfterS } = answer;
  const scope = granted.map(({ type, name, actions }) => `${type}:${name}:${actions.join(',')}`).join(' ');
  const times = { expires_in: expiresInS, issued_at: issuedAt.toISOString() };
  // Clients of ours say it in their log; others leave it alone.
  const why = {
    ...(refused.length > 0 ? { refused: refused.slice(0, MAX_REASONS) } : {}),
    ...(withheld.length > 0 ? { withheld } : {}),
    ...(retryAfterS === undefined ? {} : { retry_after: retryAfterS }),
  };
  return JSON.stringify({ token, access_token: token, ...times, scope, ...why });
}

import type { Refusal } from './refusal.ts';

/** What a client of a registry asks. */
export interface Question {
  /** The registry, by the name that it gives itself. */
  readonly service: string;
  readonly scopes: readonly string[];
  readonly password: string;
}

export interface TokenRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly authorization: string | undefined;
  /** Body of a POST. */
  readonly form: URLSearchParams;
}

const MAX_SCOPES = 100;

/** What a pod proves itself with when it asks for the scope of its run. */
export function readLogin({ method, authorization }: TokenRequest): string | Refusal {
  return method === 'GET' ? passwordOf(authorization) : bad(`a scope is asked for by GET, and not by ${method}`);
}

export function readQuestion({ method, query, authorization, form }: TokenRequest): Question | Refusal {
  if (method !== 'GET' && method !== 'POST') return bad(`${method} is not of the protocol; GET and POST are`);
  const fields = method === 'GET' ? query : form;
  const password = method === 'GET' ? passwordOf(authorization) : passwordIn(form);
  if (typeof password === 'object') return password;
  const service = fields.get('service') ?? '';
  if (service === '') return bad('no `service`: the registry is to be named');
  const scopes = fields.getAll('scope').flatMap((scope) => scope.split(' ').filter((one) => one !== ''));
  if (scopes.length > MAX_SCOPES) {
    return { status: 413, reason: 'too-large', message: `more than ${MAX_SCOPES} scopes in one question` };
  }
  return { service, scopes, password };
}

/** The password in `Basic base64(user:password)`. The user is not looked at: the password says who asks. */
export function passwordOf(authorization: string | undefined): string | Refusal {
  const encoded = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(authorization ?? '')?.[1];
  if (encoded === undefined) return noLogin('no login by `Authorization: Basic`');
  const login = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = login.indexOf(':');
  return colon < 0 || colon === login.length - 1 ? noLogin('a login without a password') : login.slice(colon + 1);
}

function passwordIn(form: URLSearchParams): string | Refusal {
  const type = form.get('grant_type');
  if (type !== 'password' && type !== 'refresh_token') return bad('`grant_type` is password or refresh_token');
  return form.get(type) || noLogin(`no \`${type}\` in the form`);
}

const bad = (message: string): Refusal => ({ status: 400, reason: 'bad-request', message });
const noLogin = (why: string): Refusal => ({
  status: 401,
  reason: 'no-login',
  message: `${why}: the password is the pod's token with the audience tekton-cache`,
});

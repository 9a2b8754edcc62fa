/** The token protocol of registries (distribution's docs: spec/auth/token and spec/auth/oauth). */
import { withheldIn } from '../../interface/withheld.ts';
import type { WithheldFor } from '../../interface/withheld.ts';
import type { HttpClient } from '../http/http-client.ts';
import { readBytes } from '../http/message/http-message.ts';
import type { HttpRequest } from '../http/message/http-message.ts';
import { NetworkError } from '../http/message/network-error.ts';
import { printable, readStatusError } from '../http/message/status-error.ts';
import { basicAuthorization } from './credential.ts';
import type { Credential } from './credential.ts';

interface TokenQuestion {
  readonly realm: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  /** True where the token server is the registry itself, so that its words may be shown. */
  readonly ofRegistry: boolean;
  /** Takes secrets out of what it says. */
  readonly hide: (text: string) => string;
}

export interface Token {
  readonly value: string;
  /** Milliseconds from its issue to when it should be renewed. */
  readonly lifetimeMs: number;
  /** What the token service of an installation says of what it did not grant. */
  readonly refused: readonly string[];
  /** Why it keeps back pushes that it would grant. */
  readonly withheld: readonly WithheldFor[];
  /** When to ask again for these; it may not say. Milliseconds. */
  readonly askAgainMs?: number;
}

const CLIENT_ID = 'tekton-cache';
const MAX_SENTENCES = 5;
const ANSWER_BYTES = 1024 * 1024;
/** What the protocol says when the server does not. */
const DEFAULT_SECONDS = 60;

/** Asks once. Fails with a `StatusError` or `NetworkError`, whose messages hold nothing of the answer's token. */
export async function askToken(http: HttpClient, question: TokenQuestion, signal?: AbortSignal): Promise<Token> {
  const response = await http.send(tokenRequest(question), signal);
  const { ofRegistry, hide } = question;
  if (response.status !== 200) throw await readStatusError(response, { quotes: ofRegistry, hide });
  const bytes = await readBytes(response, ANSWER_BYTES);
  const token = bytes && parseToken(Buffer.from(bytes).toString('utf8'));
  if (!token) throw new NetworkError('protocol', `the token server ${question.realm.host} gave no token`);
  return token;
}

export function tokenRequest({
  realm,
  service,
  scopes,
  credential,
}: Omit<TokenQuestion, 'ofRegistry' | 'hide'>): HttpRequest {
  const url = new URL(realm);
  const headers = { 'user-agent': CLIENT_ID, accept: 'application/json' };
  if (credential?.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      refresh_token: credential.token,
      client_id: CLIENT_ID,
    });
    if (service !== undefined) form.set('service', service);
    form.set('scope', scopes.join(' '));
    return {
      method: 'POST',
      url,
      headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(form.toString()),
    };
  }
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credential?.kind !== 'password') return { method: 'GET', url, headers };
  url.searchParams.set('account', credential.username);
  const authorization = basicAuthorization(credential.username, credential.password);
  return { method: 'GET', url, headers: { ...headers, authorization } };
}

export function parseToken(text: string): Token | undefined {
  try {
    const answer: unknown = JSON.parse(text);
    if (typeof answer !== 'object' || answer === null) return undefined;
    // Servers that know the second name alone may give the first one empty.
    const value = ['token', 'access_token'].map((name): unknown => Reflect.get(answer, name)).find(isToken);
    const seconds: unknown = Reflect.get(answer, 'expires_in');
    if (value === undefined) return undefined;
    const lifetime = typeof seconds === 'number' && seconds > 0 ? seconds : DEFAULT_SECONDS;
    // Renewed a tenth of its life earlier, at most ten seconds: the token has to live until the registry has looked at it.
    const lifetimeMs = lifetime * 1000 - Math.min(lifetime * 100, 10_000);
    const [refused, withheld]: unknown[] = [Reflect.get(answer, 'refused'), Reflect.get(answer, 'withheld')];
    const again: unknown = Reflect.get(answer, 'retry_after');
    return {
      value,
      lifetimeMs,
      refused: sentencesIn(refused),
      withheld: withheldIn(withheld),
      ...(typeof again === 'number' && again >= 0 ? { askAgainMs: again * 1000 } : {}),
    };
  } catch {
    return undefined;
  }
}

/** Whether a value can be a token: it goes into a header as it is. */
function isToken(value: unknown): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]+$/.test(value);
}

function sentencesIn(value: unknown): readonly string[] {
  const items: readonly unknown[] = Array.isArray(value) ? value : [];
  return items
    .filter((item): item is string => typeof item === 'string')
    .slice(0, MAX_SENTENCES)
    .map(printable);
}

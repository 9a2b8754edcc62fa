import { setTimeout as delay } from 'node:timers/promises';

import { elapsedMs } from '../../../shared/clock.ts';
import { RegistryError } from './registry-error.ts';

interface TokenSourceOptions {
  /** Address of the token server. */
  readonly realm: string;
  /** The registry, by the name that it gives itself. */
  readonly service: () => Promise<string>;
  /** The token of this pod, read anew for each question, as the kubelet replaces it. */
  readonly readPodToken: () => Promise<string>;
  readonly timeoutMs: number;
}

/** Tokens are good for five minutes; one that is asked for earlier never ends on its way. */
const KEEP_MS = 180_000;
const TRIES = 5;
const LONGEST_WAIT_MS = 10_000;

/** Tokens of the token server, by scope. */
export class TokenSource {
  readonly #options: TokenSourceOptions;
  /** The scopes of the last token. */
  #scopes: readonly string[] = [];
  readonly #tokens = new Map<string, { readonly token: string; readonly until: number }>();

  constructor(options: TokenSourceOptions) {
    this.#options = options;
  }

  async tokenFor(scope: string, signal: AbortSignal): Promise<string> {
    const known = this.#tokens.get(scope);
    if (known !== undefined && known.until > elapsedMs()) return known.token;
    return await this.prepare(this.#scopes.includes(scope) ? this.#scopes : [scope], signal);
  }

  /** Gets one token for several scopes, as pods may not ask too often. Throws `RegistryError`. */
  async prepare(scopes: readonly string[], signal: AbortSignal): Promise<string> {
    const until = elapsedMs() + KEEP_MS;
    const token = await this.#ask(scopes, signal);
    this.#scopes = scopes;
    this.#tokens.clear();
    for (const scope of scopes) this.#tokens.set(scope, { token, until });
    return token;
  }

  /** A registry may refuse a token that was good when it was given. */
  forget(): void {
    this.#tokens.clear();
  }

  async #ask(scopes: readonly string[], signal: AbortSignal): Promise<string> {
    const { realm, service, readPodToken, timeoutMs } = this.#options;
    const query = new URLSearchParams({ service: await service() });
    for (const scope of scopes) query.append('scope', scope);
    for (let tries = 1; ; tries++) {
      const login = Buffer.from(`tekton-cache:${await readPodToken()}`).toString('base64');
      const response = await fetch(`${realm}?${query.toString()}`, {
        headers: { authorization: `Basic ${login}` },
        redirect: 'error',
        signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      }).catch((error: unknown) => {
        throw new RegistryError(`the token server ${realm} does not answer`, undefined, { cause: error });
      });
      if (response.ok) return tokenIn(await response.json());
      await response.body?.cancel();
      const isSoon = response.status === 429 || response.status === 503;
      if (!isSoon || tries === TRIES) {
        throw new RegistryError(`the token server ${realm} gives no token: ${response.status}`);
      }
      const seconds = Number(response.headers.get('retry-after') ?? 1);
      await delay(Math.min(LONGEST_WAIT_MS, (seconds || 1) * 1000), undefined, { signal });
    }
  }
}

function tokenIn(answer: unknown): string {
  const token: unknown = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'token') : undefined;
  if (typeof token !== 'string') throw new RegistryError('the token server answers without a token');
  return token;
}

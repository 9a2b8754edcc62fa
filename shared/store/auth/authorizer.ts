import { elapsedMs } from '../../clock.ts';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { chooseChallenge, parseChallenges } from '../../interface/places/challenges.ts';
import type { Challenge } from '../../interface/places/challenges.ts';
import type { RegistryToken } from '../../interface/places/registry-token.ts';
import { unlessAborted } from '../abort.ts';
import type { HttpClient } from '../http/http-client.ts';
import { NetworkError } from '../http/message/network-error.ts';
import { RetryBudget } from '../retry/retry-budget.ts';
import type { RetryPolicy } from '../retry/retry-policy.ts';
import { StatusError } from '../http/message/status-error.ts';
import { basicAuthorization, secretsOf } from './credential.ts';
import type { Credential, CredentialSource } from './credential.ts';
import { podTokenFor } from './pod-token.ts';
import type { Redactor } from './redactor.ts';
import { mergeScopes } from './scopes.ts';
import type { PodLogin } from './ask-statement.ts';
import { askToken } from './ask-token.ts';
import type { Token } from './ask-token.ts';
import type { CollectionWait } from './collection-wait.ts';
import { bearerOf, HeldTokens } from './held-tokens.ts';
import type { FreshToken } from './held-tokens.ts';

export interface AuthorizerOptions {
  readonly registry: string;
  readonly repository: string;
  readonly credentials: CredentialSource;
  /** How the token server of the installation is asked, where this is its registry. */
  readonly registryToken?: RegistryToken | undefined;
  readonly http: HttpClient;
  readonly retry: RetryPolicy;
  /** Everything that must never be shown is added to it. */
  readonly redactor: Redactor;
  /** A signal that ends work that takes longer than a registry has for its first answer; undefined once an answer came. */
  readonly within: () => AbortSignal | undefined;
  /** Lets pushes wait while the registry of the installation collects its garbage; without it they are refused. */
  readonly collectionWait?: CollectionWait | undefined;
  /** May credentials be sent to this token server? Plain HTTP is for registries on plain HTTP. */
  readonly trusts: (realm: URL) => boolean;
}

/** A registry that gives tokens to everybody refuses the request, and we have no credentials. */
export class AnonymousRefused extends CacheError {
  constructor(message: string) {
    super(ERROR_CODES.Unauthorized, message);
  }
}

/** A challenge, and who answers it. One value, so that no credential meets another challenge than the one it was chosen for. */
interface Choice {
  readonly challenge: Challenge;
  readonly credential: Credential | undefined;
  /** Why the pod's own token is not the credential, where it might have been. */
  readonly lacking: string | undefined;
}

interface AskedToken extends FreshToken {
  readonly token: Token;
}

/**
 * Answers a registry's challenges. Nothing is sent before the registry has asked, and then only what it asked for.
 * Requests that run at the same time share one token.
 */
export class Authorizer {
  readonly #options: AuthorizerOptions;
  readonly #tokens = new HeldTokens();
  readonly #closed = new AbortController();
  #choice: Choice | undefined;
  /** What the token server of the installation did not grant last, and why. */
  #refused: readonly string[] = [];
  #isPastQuota = false;
  #credential: Promise<Credential | undefined> | undefined;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
  }

  /** The value of `Authorization` for a request, or nothing as long as the registry never asked. */
  async authorization(scopes: readonly string[], signal?: AbortSignal): Promise<string | undefined> {
    const choice = this.#choice;
    if (!choice) return undefined;
    const { challenge, credential } = choice;
    if (credential?.kind === 'registry-token') return bearerOf(credential.token);
    if (challenge.scheme === 'bearer') return bearerOf(await this.#token(challenge, scopes, signal));
    return credential?.kind === 'password' ? basicAuthorization(credential.username, credential.password) : undefined;
  }

  /**
   * The value of `Authorization` after a 401. Fails with `Unauthorized`, or `Refused` past a quota, where there is nothing else to send than the
   * `refused` value.
   */
  async answer(
    header: string,
    scopes: readonly string[],
    refused: string | undefined,
    signal?: AbortSignal,
  ): Promise<string> {
    const challenges = parseChallenges(header);
    const challenge = chooseChallenge(challenges);
    if (!challenge) {
      const offered = challenges.map(({ scheme }) => scheme).join(', ') || 'nothing';
      throw this.#unauthorized(`it wants authentication and offers ${offered}, where Basic and Bearer are supported`);
    }
    this.#choice = await this.#choose(challenge);
    if (refused !== undefined) this.#tokens.forget(refused);
    const authorization = await this.authorization(scopes, signal);
    if (authorization !== undefined && authorization !== refused) return authorization;
    if (await this.isAnonymous()) throw await this.anonymous();
    throw this.#unauthorized(await this.explain());
  }

  /** What a refusal is: a quota is no matter of credentials. */
  get refusalCode(): 'Refused' | 'Unauthorized' {
    return this.#isPastQuota ? ERROR_CODES.Refused : ERROR_CODES.Unauthorized;
  }

  /** Public registries do not tell whether something is missing or private. So what they refuse without credentials counts as missing. */
  async anonymous(): Promise<AnonymousRefused> {
    const { registry, redactor } = this.#options;
    return new AnonymousRefused(redactor.hide(`${registry} refuses: ${await this.explain()}`));
  }

  /** True when the registry gave a token without credentials. The registry of the installation gives none to everybody. */
  async isAnonymous(): Promise<boolean> {
    if (this.#choice?.challenge.scheme !== 'bearer' || this.#options.registryToken !== undefined) return false;
    return (await this.#findCredential()) === undefined;
  }

  /** How the pod proves itself to the token service of the installation, where its registry has asked for that. */
  async podLogin(): Promise<PodLogin | undefined> {
    const { registryToken } = this.#options;
    const challenge = this.#choice?.challenge;
    if (registryToken === undefined || challenge === undefined) return undefined;
    const { credential, lacking } = await this.#choose(challenge);
    if (lacking !== undefined || credential?.kind !== 'password') return undefined;
    return { realm: new URL(registryToken.realm), service: challenge.params.get('service') ?? '', credential };
  }

  /** Says whose credentials were used, or where none were found. */
  async explain(choice = this.#choice): Promise<string> {
    if (this.#refused.length > 0) {
      const waited = this.#options.collectionWait?.inVain;
      return `its token server does not grant ${this.#refused.join('; ')}${waited === undefined ? '' : `. ${waited}`}`;
    }
    const { credential = await this.#findCredential(), lacking } = choice ?? {};
    const before = lacking === undefined ? '' : `${lacking}, and `;
    if (credential) return `${before}it refuses the credentials from ${credential.origin}`;
    const { places } = this.#options.credentials;
    return `${before}no credentials for it were found${places.length > 0 ? ` in ${places.join(', ')}` : ''}`;
  }

  /** Ends what waits for a token. */
  close(): void {
    this.#closed.abort(new CacheError(ERROR_CODES.Cancelled, `the connection to ${this.#options.registry} was closed`));
  }

  /** The pod's own token where the token server of the installation asks; else what the docker configurations say. */
  async #choose(challenge: Challenge): Promise<Choice> {
    const { registryToken, redactor } = this.#options;
    const podToken = registryToken && (await podTokenFor(challenge, registryToken));
    if (podToken !== undefined && 'credential' in podToken) {
      redactor.add(...secretsOf(podToken.credential));
      return { challenge, credential: podToken.credential, lacking: undefined };
    }
    return { challenge, credential: await this.#findCredential(), lacking: podToken?.lacking };
  }

  #findCredential(): Promise<Credential | undefined> {
    const { credentials, registry, repository, redactor } = this.#options;
    return (this.#credential ??= credentials.find(registry, repository).then((credential) => {
      if (credential) redactor.add(...secretsOf(credential));
      return credential;
    }));
  }

  /** `signal`: of the request; others may wait for the same token. */
  async #token(challenge: Challenge, wanted: readonly string[], signal: AbortSignal | undefined): Promise<string> {
    const scopes = mergeScopes([...wanted, ...(challenge.params.get('scope')?.split(' ') ?? [])]);
    return await unlessAborted(
      this.#tokens.get(scopes, async () => await this.#fetchToken(challenge, scopes)),
      signal,
    );
  }

  async #fetchToken(challenge: Challenge, scopes: readonly string[]): Promise<FreshToken> {
    const { collectionWait } = this.#options;
    const ask = async (): Promise<AskedToken> => await this.#askToken(challenge, scopes);
    if (collectionWait === undefined) return await ask();
    return await collectionWait.pass(ask, this.#closed.signal);
  }

  async #askToken(challenge: Challenge, scopes: readonly string[]): Promise<AskedToken> {
    const { http, retry, redactor, trusts, within } = this.#options;
    const realm = URL.parse(challenge.params.get('realm') ?? '');
    if (!realm) throw this.#unauthorized('it names no token server');
    if (!trusts(realm)) {
      throw this.#unauthorized(
        `it names the token server ${realm.host} on ${realm.protocol}, and credentials go over https only`,
      );
    }
    // Chosen anew, as the kubelet writes a new token before the old one expires.
    const choice = await this.#choose(challenge);
    const { credential } = choice;
    if (credential === undefined && this.#options.registryToken !== undefined) {
      throw this.#unauthorized(await this.explain(choice));
    }
    const service = challenge.params.get('service');
    const asked = elapsedMs();
    try {
      const ofRegistry = realm.host === this.#options.registry;
      const hide = (text: string): string => redactor.hide(text);
      const question = { realm, service, scopes, credential, ofRegistry, hide };
      const answer = await new RetryBudget(retry, within()).run(() => askToken(http, question, within()));
      // Only what the installation's own token service says is shown, and believed.
      const token = this.#isOwn(realm) ? answer : { ...answer, refused: [], withheld: [] };
      redactor.add(token.value);
      this.#refused = token.refused;
      this.#isPastQuota = token.withheld.includes('quota');
      return { value: token.value, expiresAt: asked + token.lifetimeMs, token };
    } catch (error) {
      if (error instanceof StatusError && error.status < 500 && error.status !== 429 && error.status !== 408) {
        if (credential === undefined) throw await this.anonymous();
        const whose = `the credentials from ${credential.origin}`;
        throw this.#unauthorized(`its token server ${realm.host} refuses ${whose}: it ${error.message}`);
      }
      // It is there, and cannot say whose pod asks: the API server is slow, or it knows no policy yet.
      if (error instanceof StatusError && this.#isOwn(realm)) {
        throw this.#unauthorized(`its token server ${realm.host} gives no token at the moment: it ${error.message}`);
      }
      if (error instanceof StatusError || error instanceof NetworkError) {
        const message = `${this.#options.registry}: its token server ${realm.host} does not answer: ${error.message}`;
        throw new CacheError(ERROR_CODES.Unreachable, redactor.hide(message));
      }
      throw error;
    }
  }

  #isOwn(realm: URL): boolean {
    const own = this.#options.registryToken?.realm;
    return own !== undefined && realm.href === new URL(own).href;
  }

  #unauthorized(why: string): CacheError {
    const { registry, redactor } = this.#options;
    return new CacheError(this.refusalCode, redactor.hide(`${registry} refuses: ${why}`));
  }
}

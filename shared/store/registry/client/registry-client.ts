import { CacheError, ERROR_CODES } from '../../../errors.ts';
import type { RegistryToken } from '../../../interface/places/registry-token.ts';
import { AnonymousRefused, Authorizer } from '../../auth/authorizer.ts';
import type { CredentialSource } from '../../auth/credential.ts';
import { Redactor } from '../../auth/redactor.ts';
import { askStatement } from '../../auth/statement-server.ts';
import type { ConnectionLimit } from '../../http/connection/connection-limit.ts';
import { HttpClient } from '../../http/http-client.ts';
import { readBytes } from '../../http/message/http-message.ts';
import type { Headers, HttpRequest, HttpResponse } from '../../http/message/http-message.ts';
import { NetworkError } from '../../http/message/network-error.ts';
import { proxyFor } from '../../http/connection/proxy.ts';
import type { Environment } from '../../http/connection/proxy.ts';
import { RetryBudget } from '../../retry/retry-budget.ts';
import type { RetryPolicy } from '../../retry/retry-policy.ts';
import { readStatusError } from '../../http/message/status-error.ts';
import type { StatusError } from '../../http/message/status-error.ts';
import { TRUST_ANYONE, trustOnly, trustRoots } from '../../http/connection/trust.ts';
import type { Trust } from '../../http/connection/trust.ts';
import type { Transfer } from '../../transfer.ts';
import { findEndpoint } from '../address/endpoint.ts';
import { asStoreError } from './failure.ts';
import { TrustedAddresses } from '../address/trusted-addresses.ts';
import type { Authority } from '../address/trusted-addresses.ts';
import type { ContactDeadline } from './contact-deadline.ts';

export interface Timeouts {
  readonly connectMs: number;
  /** Without a byte in either direction. */
  readonly stallMs: number;
  /** For an answer that a registry works for: it moves or hashes a blob before it confirms it. */
  readonly commitMs: number;
}

export interface RegistryClientOptions {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly credentials: CredentialSource;
  readonly caFile?: string | undefined;
  /** This registry is that of the installation: how its token server is asked. */
  readonly registryToken?: RegistryToken | undefined;
  /** Where `HTTPS_PROXY` and `NO_PROXY` are looked up. */
  readonly environment: Environment;
  readonly transfer: Transfer;
  readonly timeouts: Timeouts;
  readonly retry: RetryPolicy;
  /** With the registry; the clients of its other repositories may have the same. */
  readonly contact: ContactDeadline;
  /** Of connections to each host; clients of other repositories may share it. */
  readonly connections: ConnectionLimit;
  /** Told of what is wrong but can be done without. Never holds a secret. */
  readonly warn: (message: string) => void;
}

export interface RegistryRequest extends Omit<HttpRequest, 'url'> {
  /** A path below the repository (`manifests/v1`), or an address that the registry gave. */
  readonly to: string | URL;
  /** The statuses that are an answer; every other is thrown. */
  readonly expect: readonly number[];
  /** Another repository that is read, too. */
  readonly alsoPulls?: string;
}

/** An answer with its whole, small body. */
export interface SmallAnswer {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  /** Undefined when the body was longer than allowed. */
  readonly bytes: Uint8Array | undefined;
}

const REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** Talks to one repository: finds its endpoint, authenticates, follows redirects; knows nothing of blobs and manifests. */
export class RegistryClient {
  /** `registry/repository` */
  readonly name: string;
  readonly registry: string;
  readonly repository: string;
  readonly timeouts: Timeouts;
  /** It, or where it sends its clients, has answered a range with all of a blob. */
  ignoresRanges = false;
  readonly #options: RegistryClientOptions;
  readonly #http: HttpClient;
  readonly #redactor = new Redactor();
  readonly #authorizer: Authorizer;
  readonly #contact: ContactDeadline;
  readonly #addresses: TrustedAddresses;
  #endpoint: Promise<URL> | undefined;

  constructor(options: RegistryClientOptions) {
    const { registry, repository, transfer, timeouts, credentials, retry, caFile, registryToken } = options;
    this.#options = options;
    this.name = `${registry}/${repository}`;
    this.registry = registry;
    this.repository = repository;
    this.timeouts = timeouts;
    this.#contact = options.contact;
    this.#addresses = new TrustedAddresses(registry, options.insecure, registryToken);
    const usual = trustRoots(caFile);
    const installation = registryToken?.ca === undefined ? usual : trustOnly(registryToken.ca);
    const trusts: Readonly<Record<Authority, Trust>> = { public: usual, installation, anyone: TRUST_ANYONE };
    this.#http = new HttpClient({
      ...timeouts,
      transfer,
      limit: options.connections,
      trust: (url) => trusts[this.#addresses.authorityOf(url)],
      proxy: (url) => proxyFor(url, options.environment),
      mayConnect: (url, address) => this.#addresses.mayConnect(url, address),
      connected: (url, address) => this.#addresses.connected(url, address),
    });
    this.#authorizer = new Authorizer({
      registry,
      repository,
      credentials,
      registryToken,
      retry,
      http: this.#http,
      redactor: this.#redactor,
      within: () => this.#contact.within(undefined),
      trusts: (realm) => this.#addresses.trustsRealm(realm),
    });
  }

  /** One try. The caller reads or discards the answer's body. */
  async send(request: RegistryRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const endpoint = await this.#findEndpoint(signal);
    const first =
      typeof request.to === 'string' ? new URL(`v2/${this.repository}/${request.to}`, endpoint) : request.to;
    let response = await this.#sendAuthorized(first, request, signal);
    for (let hops = 0; isRedirect(request, response); hops++) {
      const next = URL.parse(response.headers.get('location') ?? '', response.url.href);
      await response.discard();
      if (!next || hops === REDIRECTS)
        throw new NetworkError('protocol', `${response.url.host} redirects in circles or to nowhere`);
      if (!this.#addresses.mayFollow(next))
        throw new NetworkError('protocol', `${response.url.host} redirects to ${next.host} without TLS`);
      response = await this.#sendAuthorized(next, request, signal);
    }
    if (request.expect.includes(response.status)) return response;
    throw await this.#refusal(response, endpoint);
  }

  /** Sends with retries, and reads an answer of at most `limit` bytes. */
  async call(request: RegistryRequest, limit: number, signal?: AbortSignal): Promise<SmallAnswer> {
    return this.budget(signal).run(async () => {
      const response = await this.send(request, signal);
      const { url, status, headers } = response;
      return { url, status, headers, bytes: await readBytes(response, limit) };
    });
  }

  /** Where an answer sends us to go on: relative, absolute, on another host. */
  location({ url, headers }: Pick<SmallAnswer, 'url' | 'headers'>): URL {
    const location = URL.parse(headers.get('location') ?? '', url.href);
    if (!location) throw new NetworkError('protocol', `${url.host} does not say where to go on`);
    // A registry behind a proxy that ends TLS may call itself plain.
    const upgraded = location.protocol === 'http:' && url.protocol === 'https:' && location.hostname === url.hostname;
    const next = upgraded ? new URL(`${location.pathname}${location.search}`, url) : location;
    if (!this.#addresses.mayFollow(next))
      throw new NetworkError('protocol', `${url.host} sends us to ${next.host} without TLS`);
    return next;
  }

  /** What is asked for, or nothing where the registry refuses it to everybody: then it may as well not be there, and it said so. */
  async unlessRefusedToAll<T>(what: string, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof AnonymousRefused)) throw error;
      this.#options.warn(`${this.name}: ${what} is not there, or not for everybody: ${error.message}`);
      return undefined;
    }
  }

  budget(signal?: AbortSignal): RetryBudget {
    return new RetryBudget(this.#options.retry, this.#contact.within(signal));
  }

  /** Does a piece of work and makes its errors those of the port. `doing`: "read the manifest v1"; `blob`: the one that it reads. */
  async perform<T>(doing: string, signal: AbortSignal | undefined, work: () => Promise<T>, blob?: string): Promise<T> {
    try {
      signal?.throwIfAborted();
      return await work();
    } catch (error) {
      const hide = (text: string): string => this.#redactor.hide(text);
      throw asStoreError(error, { name: this.name, doing, signal, blob, hide });
    }
  }

  /** What the token service of the registry says of who writes a manifest here; nothing where it did not ask who we are. */
  async statement(digest: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const login = await this.#authorizer.podLogin();
    if (login === undefined) return undefined;
    const question = { ...login, repository: this.repository, digest };
    return this.budget(signal).run(() => askStatement(this.#http, question, signal));
  }

  close(): void {
    this.#http.close();
  }

  async #exchange(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const response = await this.#http.send(request, this.#contact.within(signal));
    // Its token server belongs to the first answer.
    if (response.status !== 401) this.#contact.over();
    return response;
  }

  /** Authenticates where the registry asks for it. Other hosts get no credentials, whatever they ask. */
  async #sendAuthorized(url: URL, request: RegistryRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const endpoint = await this.#findEndpoint(signal);
    const { method, headers, body, answerMs } = request;
    const attempt = (authorization?: string): Promise<HttpResponse> =>
      this.#exchange(
        {
          method,
          url,
          headers: {
            'user-agent': 'tekton-cache',
            ...headers,
            // What comes is hashed: no proxy may re-encode it.
            'accept-encoding': 'identity',
            ...(authorization === undefined ? {} : { authorization }),
          },
          ...(body ? { body } : {}),
          ...(answerMs === undefined ? {} : { answerMs }),
        },
        signal,
      );
    if (url.origin !== endpoint.origin) return attempt();

    const scopes = this.#scopes(request);
    const authorization = await this.#authorizer.authorization(scopes);
    const response = await attempt(authorization);
    if (response.status !== 401) return response;
    const challenge = response.headers.get('www-authenticate') ?? '';
    await response.discard();
    return attempt(await this.#answer(challenge, scopes, authorization));
  }

  async #answer(challenge: string, scopes: readonly string[], refused: string | undefined): Promise<string> {
    try {
      return await this.#authorizer.answer(challenge, scopes, refused);
    } catch (error) {
      if (error instanceof CacheError && error.code === ERROR_CODES.Unauthorized) this.#contact.over();
      throw error;
    }
  }

  #scopes({ method, alsoPulls }: RegistryRequest): readonly string[] {
    const actions = method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push';
    const scopes = [`repository:${this.repository}:${actions}`];
    return alsoPulls === undefined ? scopes : [...scopes, `repository:${alsoPulls}:pull`];
  }

  async #refusal(response: HttpResponse, endpoint: URL): Promise<Error> {
    const own = response.url.origin === endpoint.origin;
    const error = await readStatusError(response, own);
    const denied = error.status === 401 || (error.status === 403 && !isAboutQuota(error));
    if (!denied) return error;
    if (!own) {
      // A signed address that has run out: asking the registry again gives a new one.
      return new NetworkError('cut', `${response.url.host}, where the registry sends us, ${error.message}`);
    }
    if (await this.#authorizer.isAnonymous()) return await this.#authorizer.anonymous();
    const why = `${error.message}: ${await this.#authorizer.explain()}`;
    return new CacheError(ERROR_CODES.Unauthorized, this.#redactor.hide(`${this.name}: ${this.registry} ${why}`));
  }

  #findEndpoint(signal?: AbortSignal): Promise<URL> {
    const ask = (url: URL): Promise<HttpResponse> => this.#exchange({ method: 'GET', url }, signal);
    this.#endpoint ??= findEndpoint(this.registry, this.#options.insecure, ask).then(
      (endpoint) => {
        this.#addresses.foundAt(endpoint);
        return endpoint;
      },
      (error: unknown) => {
        this.#endpoint = undefined;
        throw error;
      },
    );
    return this.#endpoint;
  }
}

/** Registries say it with the status of missing rights, as credentials were looked at and are good. */
function isAboutQuota({ reported }: StatusError): boolean {
  return reported.some(({ code, message }) => /quota|storage limit|exceed/i.test(`${code} ${message}`));
}

function isRedirect({ method }: RegistryRequest, { status, headers }: HttpResponse): boolean {
  if (!REDIRECT_STATUSES.includes(status) || !headers.has('location')) return false;
  return method === 'GET' || method === 'HEAD' || status === 307 || status === 308;
}

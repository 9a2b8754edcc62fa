import { AnonymousRefused, Authorizer } from '../../auth/authorizer.ts';
import { Redactor } from '../../auth/redactor.ts';
import { askStatement } from '../../auth/ask-statement.ts';
import { HttpClient } from '../../http/http-client.ts';
import { readBytes } from '../../http/message/http-message.ts';
import type { HttpResponse } from '../../http/message/http-message.ts';
import { NetworkError } from '../../http/message/network-error.ts';
import { proxyFor } from '../../http/connection/proxy.ts';
import { RetryBudget } from '../../retry/retry-budget.ts';
import { TRUST_ANYONE, trustOnly, trustRoots } from '../../http/connection/trust.ts';
import type { Trust } from '../../http/connection/trust.ts';
import { asStoreError } from './failure.ts';
import { TrustedAddresses } from '../address/trusted-addresses.ts';
import type { Authority } from '../address/trusted-addresses.ts';
import { AuthorizedHttp } from './authorized-http.ts';
import type { ContactDeadline } from './contact-deadline.ts';
import type { RegistryClientOptions, RegistryRequest, SmallAnswer, Timeouts } from './registry-request.ts';

const REDIRECTS = 5;
const REDIRECT_STATUSES = [301, 302, 303, 307, 308];

/** Talks to one repository: follows redirects, tries again, makes errors those of the port; knows nothing of blobs and manifests. */
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
  readonly #hide = (text: string): string => this.#redactor.hide(text);
  readonly #authorizer: Authorizer;
  readonly #contact: ContactDeadline;
  readonly #addresses: TrustedAddresses;
  readonly #authorized: AuthorizedHttp;

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
      collectionWait: options.collectionWait,
      trusts: (realm) => this.#addresses.trustsRealm(realm),
    });
    this.#authorized = new AuthorizedHttp({
      registry,
      repository,
      insecure: options.insecure,
      http: this.#http,
      authorizer: this.#authorizer,
      addresses: this.#addresses,
      contact: this.#contact,
      redactor: this.#redactor,
    });
  }

  /** Sends a request once. The caller reads or discards the body of the answer. */
  async send(request: RegistryRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const { to } = request;
    let response =
      typeof to === 'string'
        ? await this.#authorized.ask(`v2/${this.repository}/${to}`, request, signal)
        : await this.#authorized.send(to, request, signal);
    for (let hops = 0; isRedirect(request, response); hops++) {
      const written = writtenIn(response);
      const next = written && this.#addresses.mayFollow(written) ? written : withTls(written, response.url);
      await response.discard();
      if (!next || hops === REDIRECTS)
        throw new NetworkError('protocol', `${response.url.host} redirects in circles or to nowhere`);
      if (!this.#addresses.mayFollow(next))
        throw new NetworkError('protocol', `${response.url.host} redirects to ${next.host} without TLS`);
      response = await this.#authorized.send(next, request, signal);
    }
    const isElsewhere = response.url.origin !== (await this.#authorized.endpoint(signal)).origin;
    const elsewhere = isElsewhere ? (request.expectElsewhere ?? []) : [];
    if ([...request.expect, ...elsewhere].includes(response.status)) return response;
    throw await this.#authorized.refusal(response);
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
  location(answer: Pick<SmallAnswer, 'url' | 'headers'>): URL {
    const { url } = answer;
    const next = withTls(writtenIn(answer), url);
    if (!next) throw new NetworkError('protocol', `${url.host} does not say where to go on`);
    if (!this.#addresses.mayFollow(next))
      throw new NetworkError('protocol', `${url.host} sends us to ${next.host} without TLS`);
    return next;
  }

  /** What is asked for; undefined where the registry refuses it to everybody. Then it counts as missing, and a warning tells of it. */
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
      throw asStoreError(error, { name: this.name, doing, signal, blob, hide: this.#hide });
    }
  }

  /** What the token service of the registry says of who writes a manifest here; nothing where it did not ask who we are. */
  async statement(digest: string, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const login = await this.#authorizer.podLogin();
    if (login === undefined) return undefined;
    const question = { ...login, repository: this.repository, digest, hide: this.#hide };
    return this.budget(signal).run(() => askStatement(this.#http, question, signal));
  }

  close(): void {
    this.#authorizer.close();
    this.#http.close();
  }
}

function writtenIn({ url, headers }: Pick<SmallAnswer, 'url' | 'headers'>): URL | null {
  return URL.parse(headers.get('location') ?? '', url.href);
}

/** A registry behind a proxy that ends TLS may call itself plain. */
function withTls(next: URL | null, from: URL): URL | null {
  const isItself = next?.protocol === 'http:' && from.protocol === 'https:' && next.hostname === from.hostname;
  return isItself ? new URL(`${next.pathname}${next.search}`, from) : next;
}

function isRedirect({ method }: RegistryRequest, { status, headers }: HttpResponse): boolean {
  if (!REDIRECT_STATUSES.includes(status) || !headers.has('location')) return false;
  return method === 'GET' || method === 'HEAD' || status === 307 || status === 308;
}

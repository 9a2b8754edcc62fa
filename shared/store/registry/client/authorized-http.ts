import { CacheError } from '../../../errors.ts';
import type { Authorizer } from '../../auth/authorizer.ts';
import type { Redactor } from '../../auth/redactor.ts';
import type { HttpClient } from '../../http/http-client.ts';
import type { HttpRequest, HttpResponse } from '../../http/message/http-message.ts';
import { NetworkError } from '../../http/message/network-error.ts';
import { readStatusError } from '../../http/message/status-error.ts';
import type { StatusError } from '../../http/message/status-error.ts';
import { findEndpoint, wantsTls } from '../address/endpoint.ts';
import type { TrustedAddresses } from '../address/trusted-addresses.ts';
import type { ContactDeadline } from './contact-deadline.ts';
import type { RegistryRequest } from './registry-request.ts';

interface AuthorizedHttpOptions {
  readonly registry: string;
  readonly repository: string;
  readonly insecure: boolean;
  readonly http: HttpClient;
  readonly authorizer: Authorizer;
  readonly addresses: TrustedAddresses;
  readonly contact: ContactDeadline;
  readonly redactor: Redactor;
}

/** Single requests to the API of one repository, with the credentials that the registry asks for. Other hosts get none. */
export class AuthorizedHttp {
  readonly #options: AuthorizedHttpOptions;
  #endpoint: Promise<URL> | undefined;

  constructor(options: AuthorizedHttpOptions) {
    this.#options = options;
  }

  /** Where the API of the registry is. */
  endpoint(signal?: AbortSignal): Promise<URL> {
    return this.#find((endpoint) => this.#ping(endpoint, signal));
  }

  /**
   * A request to the registry, by its path. If the first one asks for a manifest, it also finds out where the API is: to ask for that alone takes a round
   * trip. Nothing secret is in it, as nobody was challenged yet.
   */
  async ask(path: string, request: RegistryRequest, signal?: AbortSignal): Promise<HttpResponse> {
    let answer: HttpResponse | undefined;
    if (asksForManifest(request)) {
      await this.#find(async (endpoint) => {
        const response = await this.#attempt(new URL(path, endpoint), request, undefined, signal);
        if (!wantsTls(endpoint, response.status)) {
          answer = response;
          return response.status;
        }
        // Or this one request is wrong.
        await response.discard();
        return await this.#ping(endpoint, signal);
      });
    }
    return await this.#authenticated(new URL(path, await this.endpoint(signal)), request, signal, answer);
  }

  /** Authenticates where the registry asks for it. Other hosts get no credentials, whatever they ask. */
  async send(url: URL, request: RegistryRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const { origin } = await this.endpoint(signal);
    if (url.origin !== origin) return await this.#attempt(url, request, undefined, signal);
    return await this.#authenticated(url, request, signal);
  }

  /** @param answer what the registry said without credentials, where it was asked already */
  async #authenticated(
    url: URL,
    request: RegistryRequest,
    signal?: AbortSignal,
    answer?: HttpResponse,
  ): Promise<HttpResponse> {
    const scopes = this.#scopes(request);
    const authorization =
      answer === undefined ? await this.#options.authorizer.authorization(scopes, signal) : undefined;
    const response = answer ?? (await this.#attempt(url, request, authorization, signal));
    if (response.status !== 401) return response;
    const challenge = response.headers.get('www-authenticate') ?? '';
    await response.discard();
    return await this.#attempt(url, request, await this.#answer(challenge, scopes, authorization, signal), signal);
  }

  /** The error of an answer that refuses. It reads the answer's body. */
  async refusal(response: HttpResponse): Promise<Error> {
    const { registry, repository, authorizer, redactor } = this.#options;
    const own = response.url.origin === (await this.endpoint()).origin;
    const error = await readStatusError(response, { quotes: own, hide: (text) => redactor.hide(text) });
    const denied = error.status === 401 || (error.status === 403 && !isAboutQuota(error));
    if (!denied) return error;
    if (!own) {
      // A signed address that has run out: asking the registry again gives a new one.
      return new NetworkError('cut', `${response.url.host}, where the registry sends us, ${error.message}`);
    }
    if (await authorizer.isAnonymous()) return await authorizer.anonymous();
    const why = `${error.message}: ${await authorizer.explain()}`;
    return new CacheError(authorizer.refusalCode, redactor.hide(`${registry}/${repository}: ${registry} ${why}`));
  }

  async #answer(
    challenge: string,
    scopes: readonly string[],
    refused: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    try {
      return await this.#options.authorizer.answer(challenge, scopes, refused, signal);
    } catch (error) {
      if (error instanceof CacheError && error.code === this.#options.authorizer.refusalCode) {
        this.#options.contact.over();
      }
      throw error;
    }
  }

  #scopes({ method, alsoPulls }: RegistryRequest): readonly string[] {
    const actions = method === 'GET' || method === 'HEAD' ? 'pull' : 'pull,push';
    const scopes = [`repository:${this.#options.repository}:${actions}`];
    return alsoPulls === undefined ? scopes : [...scopes, `repository:${alsoPulls}:pull`];
  }

  /** Where the API is: found once, unless that fails. */
  #find(ask: (endpoint: URL) => Promise<number>): Promise<URL> {
    const { registry, insecure, addresses } = this.#options;
    this.#endpoint ??= findEndpoint(registry, insecure, ask).then(
      (endpoint) => {
        addresses.foundAt(endpoint);
        return endpoint;
      },
      (error: unknown) => {
        this.#endpoint = undefined;
        throw error;
      },
    );
    return this.#endpoint;
  }

  async #ping(endpoint: URL, signal?: AbortSignal): Promise<number> {
    const response = await this.#exchange({ method: 'GET', url: new URL('v2/', endpoint) }, signal);
    await response.discard();
    return response.status;
  }

  #attempt(
    url: URL,
    { method, headers, body, taken, answerMs }: RegistryRequest,
    authorization: string | undefined,
    signal?: AbortSignal,
  ): Promise<HttpResponse> {
    return this.#exchange(
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
        ...(body ? { body, taken } : {}),
        ...(answerMs === undefined ? {} : { answerMs }),
      },
      signal,
    );
  }

  async #exchange(request: HttpRequest, signal?: AbortSignal): Promise<HttpResponse> {
    const response = await this.#options.http.send(request, this.#options.contact.within(signal));
    // Its token server belongs to the first answer.
    if (response.status !== 401) this.#options.contact.over();
    return response;
  }
}

/** Its answer comes soon, where that of a blob may keep all others waiting. */
function asksForManifest({ method, to }: RegistryRequest): boolean {
  return (method === 'GET' || method === 'HEAD') && typeof to === 'string' && to.startsWith('manifests/');
}

/** Registries say it with the status of missing rights, as credentials were looked at and are good. */
function isAboutQuota({ reported }: StatusError): boolean {
  return reported.some(({ code, message }) => /quota|storage limit|exceed/i.test(`${code} ${message}`));
}

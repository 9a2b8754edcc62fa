import { chooseChallenge, parseChallenges } from '../../../shared/interface/places/challenges.ts';
import { confirmAbsence } from './absence.ts';
import { scopeOf } from './batches.ts';
import { hasDigest, isDigest, MANIFEST_TYPES, readManifest } from './manifest-reader.ts';
import type { ReadManifest } from './manifest-reader.ts';
import { RegistryError } from './registry-error.ts';
import { bytesOf, namesIn, nextPage } from './registry-list.ts';
import { TokenSource } from './token-source.ts';

export interface RegistryApiOptions {
  /** `https://HOST[:PORT]` */
  readonly origin: string;
  /** Address of its token server. */
  readonly realm: string;
  readonly readPodToken: () => Promise<string>;
  readonly timeoutMs?: number;
}

interface Question {
  readonly method: 'GET' | 'HEAD' | 'DELETE';
  readonly path: string;
  /** The scope of the token that the request needs. */
  readonly scope: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that are answers, besides 2xx. */
  readonly fine?: readonly number[];
}

const TIMEOUT_MS = 60_000;
/** The bound on a manifest, the same as for helpers: shared/store refuses a larger one unread. */
const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const CATALOGUE = 'registry:catalog:*';
const ACCEPT = MANIFEST_TYPES.join(', ');

/**
 * What housekeeping asks of a registry: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints, and its
 * catalogue. Throws `RegistryError` when it does not answer, or not as it has to.
 */
export class RegistryApi {
  readonly #options: RegistryApiOptions;
  readonly #tokens: TokenSource;
  readonly #timeoutMs: number;
  #service: Promise<string> | undefined;

  constructor(options: RegistryApiOptions) {
    const { realm, readPodToken, timeoutMs = TIMEOUT_MS } = options;
    this.#options = options;
    this.#timeoutMs = timeoutMs;
    const service = async (): Promise<string> => await (this.#service ??= this.#askService());
    this.#tokens = new TokenSource({ realm, readPodToken, service, timeoutMs });
  }

  /** Gets one token for a group of repositories that `batchesOf` made. */
  async prepare(repositories: readonly string[], signal: AbortSignal): Promise<void> {
    await this.#tokens.prepare(repositories.map(scopeOf), signal);
  }

  /** Names of repositories, a page at a time; also of those that hold nothing any more. */
  async *catalogue(signal: AbortSignal): AsyncGenerator<readonly string[], void> {
    const first = { method: 'GET', path: '/v2/_catalog?n=1000', scope: CATALOGUE } as const;
    for await (const page of this.#pages('repositories', first, signal)) yield page;
  }

  /** Tags of a repository; none where it is not there. */
  async tags(repository: string, signal: AbortSignal): Promise<readonly string[]> {
    const tags: string[] = [];
    const first = { method: 'GET', path: `/v2/${repository}/tags/list`, scope: scopeOf(repository) } as const;
    for await (const page of this.#pages('tags', { ...first, fine: [404] }, signal)) tags.push(...page);
    return tags;
  }

  /** The digest that a tag leads to; undefined where there is none. */
  async digestOf(repository: string, tag: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `/v2/${repository}/manifests/${tag}`;
    const question = { path, scope: scopeOf(repository) };
    const head = await this.#ask({ ...question, method: 'HEAD' }, signal);
    await head.body?.cancel();
    const told = head.ok ? head.headers.get('docker-content-digest') : null;
    if (isDigest(told)) return told;
    // The answer to a HEAD has no body, which says whether a 404 is the registry's; and some registries have no HEAD, or tell no digest.
    const response = await this.#send({ ...question, method: 'GET', fine: [404] }, signal);
    if (!response.ok) return undefined;
    await response.body?.cancel();
    const digest = response.headers.get('docker-content-digest');
    if (isDigest(digest)) return digest;
    throw new RegistryError(`the registry does not tell the digest of ${path}`, response.status);
  }

  async manifest(repository: string, digest: string, signal: AbortSignal): Promise<ReadManifest | undefined> {
    const path = `/v2/${repository}/manifests/${digest}`;
    const response = await this.#send({ method: 'GET', path, scope: scopeOf(repository), fine: [404] }, signal);
    if (!response.ok) return undefined;
    const content = await bytesOf(response, path, MAX_MANIFEST_BYTES);
    if (hasDigest(content, digest)) return readManifest(content);
    throw new RegistryError(`the registry answers ${path} with something that has another digest`, response.status);
  }

  /**
   * Bytes of a blob; undefined where the repository has none of that digest. Its storage may be elsewhere, at an address that is signed for GET alone;
   * and some registries have no HEAD. Then one byte is asked for, and its answer tells how many there are.
   */
  async sizeOf(repository: string, digest: string, signal: AbortSignal): Promise<number | undefined> {
    const path = `/v2/${repository}/blobs/${digest}`;
    const question = { path, scope: scopeOf(repository) };
    const head = await this.#ask({ ...question, method: 'HEAD' }, signal);
    const bytes = sizeIn(head);
    if (head.status === 404 || bytes !== undefined) return bytes;
    const get = await this.#ask({ ...question, method: 'GET', headers: { range: 'bytes=0-0' } }, signal);
    await get.body?.cancel();
    const size = sizeIn(get);
    if (get.status === 404 || size !== undefined) return size;
    throw new RegistryError(`the registry does not tell the size of ${path}`, get.status);
  }

  /** What time it is there, to the second; undefined where it, or a proxy before it, does not tell. */
  async clock(signal: AbortSignal): Promise<number | undefined> {
    const response = await this.#fetch('GET', '/v2/', {}, signal);
    await response.body?.cancel();
    const time = Date.parse(response.headers.get('date') ?? '');
    return Number.isNaN(time) ? undefined : time;
  }

  /** Deletes a manifest with all of its tags. One that is gone already is no error. */
  async delete(repository: string, digest: string, signal: AbortSignal): Promise<void> {
    const path = `/v2/${repository}/manifests/${digest}`;
    await this.#send({ method: 'DELETE', path, scope: scopeOf(repository), fine: [404] }, signal);
  }

  /** The pages of a list; none where the first one is not there, and that is fine. */
  async *#pages(
    name: 'repositories' | 'tags',
    first: Question,
    signal: AbortSignal,
  ): AsyncGenerator<readonly string[], void> {
    const seen = new Set<string>();
    for (let next: Question | undefined = first; next !== undefined;) {
      const { path } = next;
      if (seen.has(path)) throw new RegistryError(`the pages of ${first.path} lead in circles`);
      seen.add(path);
      const response = await this.#send(next, signal);
      if (!response.ok) return;
      yield await namesIn(response, name, path);
      const behind = nextPage(response.headers.get('link'), path);
      next = behind === undefined ? undefined : { ...first, path: behind, fine: [] };
    }
  }

  async #send(question: Question, signal: AbortSignal): Promise<Response> {
    const { method, path, fine = [] } = question;
    const response = await this.#ask(question, signal);
    if (response.ok) return response;
    const isFine = fine.includes(response.status);
    if (isFine && method === 'GET') await confirmAbsence(response, path);
    else await response.body?.cancel();
    if (isFine) return response;
    throw new RegistryError(`the registry answers ${response.status} to ${method} ${path}`, response.status);
  }

  /** The answer, whatever it is. Where the registry sends a reader elsewhere, that is asked without a token. */
  async #ask({ method, path, scope, headers = {} }: Question, signal: AbortSignal): Promise<Response> {
    const asked = async (): Promise<Response> => {
      const token = await this.#tokens.tokenFor(scope, signal);
      return await this.#fetch(method, path, { ...headers, authorization: `Bearer ${token}` }, signal);
    };
    let response = await asked();
    if (response.status === 401) {
      await response.body?.cancel();
      this.#tokens.forget();
      response = await asked();
    }
    const target = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
    const next =
      target === null || method === 'DELETE' ? null : URL.parse(target, new URL(path, this.#options.origin).href);
    if (next === null) return response;
    await response.body?.cancel();
    return await this.#fetch(method, next.href, headers, signal);
  }

  async #fetch(
    method: string,
    path: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<Response> {
    const { origin } = this.#options;
    try {
      return await fetch(new URL(path, origin), {
        method,
        // Its length is told: nobody on the way may encode it.
        headers: { ...headers, accept: ACCEPT, 'accept-encoding': 'identity' },
        // The token must not follow a redirect to another host.
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]),
      });
    } catch (error) {
      throw new RegistryError(`the registry ${origin} does not answer`, undefined, { cause: error });
    }
  }

  async #askService(): Promise<string> {
    try {
      const response = await this.#fetch('GET', '/v2/', {}, AbortSignal.timeout(this.#timeoutMs));
      await response.body?.cancel();
      const challenges = parseChallenges(response.headers.get('www-authenticate') ?? '');
      const service = chooseChallenge(challenges)?.params.get('service');
      // The answer may be that of a proxy while the registry is away. Such an answer lacks the registry's name, so the next request asks again.
      if (service === undefined) this.#service = undefined;
      return service ?? '';
    } catch (error) {
      this.#service = undefined;
      throw error;
    }
  }
}

/** The bytes of a blob that an answer is about; undefined where it does not tell. A part of nothing is refused with the size (RFC 9110, 15.5.17). */
function sizeIn({ ok, status, headers }: Response): number | undefined {
  const range = /^bytes (?:\d+-\d+|\*)\/(\d+)$/.exec(headers.get('content-range') ?? '')?.[1];
  const isWhole = ok && status !== 206;
  const text = isWhole ? headers.get('content-length') : status === 206 || status === 416 ? range : undefined;
  const bytes = Number(text ?? undefined);
  return Number.isSafeInteger(bytes) && bytes >= 0 ? bytes : undefined;
}

import { isConflict, isNotFound } from './api-error.ts';
import type { KubeObject } from '../objects/object.ts';
import { within } from '../pace/within.ts';
import { apiVersionOf } from '../objects/resource.ts';
import type { MetadataOnly, Resource } from '../objects/resource.ts';
import type { ApiRequest, Transport } from './transport.ts';

/** A part of a list. */
export interface Page<T extends KubeObject> {
  /** The version of the whole collection: a watch begins there. */
  readonly resourceVersion: string;
  readonly items: readonly T[];
}

interface List<T extends KubeObject> {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly T[];
}

/** One line of a watch: https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes */
export interface WatchEvent<T extends KubeObject> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: T;
}

export interface Selection {
  /** All namespaces when absent. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

/** Which object a call is about; `namespace` is absent for what has none. */
export interface ObjectName {
  readonly namespace?: string;
  readonly name: string;
}

const REQUEST_TIMEOUT_MS = 30_000;
/** Objects on a page of a list. */
const PAGE_SIZE = 250;
/** No more of a page is read. Whoever may make objects can make each of them 1.5 MB large, and a page of those is more than the heap holds. */
const PAGE_BYTES = 16 * 1024 * 1024;
/** The server ends a watch after this; a new one goes on from the last resourceVersion. */
const WATCH_SECONDS = 290;
/** The server sends bookmarks about once a minute: longer silence is a dead connection. */
const WATCH_IDLE_MS = 150_000;
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';
const MERGE_PATCH = 'application/merge-patch+json';

/** The few verbs that the controller needs. Every failure is an `ApiError`; a call takes at most 30 s. */
export class KubeClient {
  readonly #transport: Transport;
  readonly #timeoutMs: number;

  constructor(transport: Transport, timeoutMs = REQUEST_TIMEOUT_MS) {
    this.#transport = transport;
    this.#timeoutMs = timeoutMs;
  }

  /** The object, or nothing when it does not exist. */
  async get<T extends KubeObject>(resource: Resource<T>, id: ObjectName, signal?: AbortSignal): Promise<T | undefined> {
    return await this.#find<T>({ method: 'GET', path: pathOf(resource, id) }, signal);
  }

  /**
   * The object as the API server has it in its memory, which costs it half of `get` and less. It may be old: one that was changed or deleted a moment ago, or
   * longer where that server has lost its storage.
   * https://kubernetes.io/docs/reference/using-api/api-concepts/#semantics-for-get-and-list
   */
  async getRemembered<T extends KubeObject>(
    resource: Resource<T>,
    id: ObjectName,
    signal?: AbortSignal,
  ): Promise<T | undefined> {
    const query = { resourceVersion: '0' };
    return await this.#find<T>({ method: 'GET', path: pathOf(resource, id), query }, signal);
  }

  /** Only the metadata: for objects whose content the controller must not see, secrets above all. */
  async getMetadata(resource: Resource, id: ObjectName, signal?: AbortSignal): Promise<MetadataOnly | undefined> {
    return await this.#find<MetadataOnly>({ method: 'GET', path: pathOf(resource, id), accept: METADATA_ONLY }, signal);
  }

  async create<T extends KubeObject>(resource: Resource<T>, object: T, signal?: AbortSignal): Promise<T> {
    const body = { apiVersion: apiVersionOf(resource), kind: resource.kind, ...object };
    const path = pathOf(resource, { namespace: object.metadata.namespace });
    return await this.#json<T>({ method: 'POST', path, body }, signal);
  }

  /** Merge-patches an object; with `resourceVersion`, only if it is still that very version. */
  async patch<T extends KubeObject>(
    resource: Resource<T>,
    id: ObjectName & { readonly resourceVersion?: string },
    change: object,
    signal?: AbortSignal,
  ): Promise<T> {
    return await this.#patch<T>(pathOf(resource, id), { ...versionOf(id), ...change }, signal);
  }

  /** Merge-patches the status subresource; with `resourceVersion`, only if the object is still that very version. */
  async patchStatus<T extends KubeObject>(
    resource: Resource<T>,
    id: ObjectName & { readonly resourceVersion?: string },
    status: object,
    signal?: AbortSignal,
  ): Promise<T> {
    return await this.#patch<T>(`${pathOf(resource, id)}/status`, { ...versionOf(id), status }, signal);
  }

  /** Sets the number of replicas by the scale subresource: the right to it allows nothing else. */
  async patchScale(resource: Resource, id: ObjectName, replicas: number, signal?: AbortSignal): Promise<void> {
    await this.#patch<KubeObject>(`${pathOf(resource, id)}/scale`, { spec: { replicas } }, signal);
  }

  /** Deletes the object of this UID; one that is gone already, or another of the same name, is left alone. */
  async delete(
    resource: Resource,
    id: ObjectName & { readonly uid?: string; readonly gracePeriodSeconds?: number },
    signal?: AbortSignal,
  ): Promise<void> {
    const body = {
      kind: 'DeleteOptions',
      apiVersion: 'v1',
      ...(id.uid === undefined ? {} : { preconditions: { uid: id.uid } }),
      ...(id.gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds: id.gracePeriodSeconds }),
    };
    try {
      await this.#json<KubeObject>({ method: 'DELETE', path: pathOf(resource, id), body }, signal);
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }

  /**
   * All objects of a selection, a page at a time, so that nobody has to hold them all. There is one page at least. What is too much for a page comes
   * in smaller ones.
   */
  async *pages<T extends KubeObject>(
    resource: Resource<T>,
    selection: Selection,
    signal?: AbortSignal,
  ): AsyncGenerator<Page<T>, void> {
    const path = pathOf(resource, selection);
    let continueFrom: string | undefined;
    let limit = PAGE_SIZE;
    for (;;) {
      const query = { ...selectors(selection), limit: String(limit), continue: continueFrom };
      const mostBytes = limit === 1 ? Infinity : PAGE_BYTES;
      const page = await within(
        this.#timeoutMs,
        signal,
        async (bounded) =>
          await this.#transport.jsonWithin<List<T>>(mostBytes, { method: 'GET', path, query }, bounded),
      );
      if (page === undefined) {
        limit = Math.ceil(limit / 8);
        continue;
      }
      yield { resourceVersion: page.metadata.resourceVersion, items: page.items ?? [] };
      continueFrom = page.metadata.continue || undefined;
      if (continueFrom === undefined) return;
      limit = Math.min(limit * 2, PAGE_SIZE);
    }
  }

  /** Changes after `resourceVersion`, as they come, until the server ends it. `onOpen`: it has accepted the watch. */
  async *watch<T extends KubeObject>(
    resource: Resource<T>,
    selection: Selection & { readonly resourceVersion: string },
    signal: AbortSignal,
    onOpen?: () => void,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const query = {
      ...selectors(selection),
      watch: 'true',
      allowWatchBookmarks: 'true',
      timeoutSeconds: String(WATCH_SECONDS),
      resourceVersion: selection.resourceVersion,
    };
    const path = pathOf(resource, selection);
    yield* this.#transport.lines<WatchEvent<T>>(
      { method: 'GET', path, query },
      { idleMs: WATCH_IDLE_MS, signal, onOpen },
    );
  }

  /** Does the API server serve this kind in this version? */
  async serves(resource: Resource, signal?: AbortSignal): Promise<boolean> {
    const root = resource.group === '' ? '/api' : '/apis';
    const path = `${root}/${apiVersionOf(resource)}`;
    const found = await this.#find<{ resources?: { name: string }[] }>({ method: 'GET', path }, signal);
    return found?.resources?.some((served) => served.name === resource.plural) ?? false;
  }

  async #patch<T>(path: string, body: unknown, signal?: AbortSignal): Promise<T> {
    return await this.#json<T>({ method: 'PATCH', path, body, contentType: MERGE_PATCH }, signal);
  }

  async #find<T>(request: ApiRequest, signal?: AbortSignal): Promise<T | undefined> {
    try {
      return await this.#json<T>(request, signal);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async #json<T>(request: ApiRequest, signal?: AbortSignal): Promise<T> {
    return await within(this.#timeoutMs, signal, async (bounded) => await this.#transport.json<T>(request, bounded));
  }
}

function pathOf(resource: Resource, id: { readonly namespace?: string | undefined; readonly name?: string }): string {
  const root = resource.group === '' ? '/api' : '/apis';
  const namespace = id.namespace ? `/namespaces/${encodeURIComponent(id.namespace)}` : '';
  const name = id.name === undefined ? '' : `/${encodeURIComponent(id.name)}`;
  return `${root}/${apiVersionOf(resource)}${namespace}/${resource.plural}${name}`;
}

function versionOf({ resourceVersion }: { readonly resourceVersion?: string }): object {
  return resourceVersion === undefined ? {} : { metadata: { resourceVersion } };
}

function selectors(selection: Selection): Record<string, string | undefined> {
  return { labelSelector: selection.labelSelector, fieldSelector: selection.fieldSelector };
}

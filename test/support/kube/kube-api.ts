import { patient } from '../patience.ts';
import type { KubeAnswer, KubeConnection, KubeRequest } from './connection.ts';
import { connect, KubeError } from './connection.ts';
import { followObject } from './follow-object.ts';
import type { KubeObject, NewObject, ObjectKind, ObjectName } from './object.ts';
import { ResourcePaths } from './resource-paths.ts';

export type { KubeObject, NewObject, ObjectKind, ObjectMeta, ObjectName } from './object.ts';

type PatchType = 'merge' | 'json';

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
};

const kindOf = ({ apiVersion, kind, metadata: { namespace } }: KubeObject): ObjectKind => ({
  apiVersion,
  kind,
  namespace,
});

const FIELD_MANAGER = 'tekton-cache-test';

/** The few verbs that tests need, for objects of any kind. Every failed request throws a KubeError. */
export class KubeApi {
  readonly connection: KubeConnection;
  readonly #paths: ResourcePaths;

  constructor(connection: KubeConnection) {
    this.connection = connection;
    this.#paths = new ResourcePaths((path) => this.#read({ method: 'GET', path }));
  }

  async request(request: KubeRequest): Promise<KubeAnswer> {
    const answer = await this.connection.send(request);
    if (answer.status < 200 || answer.status > 299) throw new KubeError(request, answer);
    return answer;
  }

  async #read<T>(request: KubeRequest): Promise<T> {
    const { body } = await this.request(request);
    const object: T = JSON.parse(body);
    return object;
  }

  /** Path of a collection, or of one object in it, for requests of other kinds. */
  pathOf(kind: ObjectKind, name?: string): Promise<string> {
    return this.#paths.of(kind, name);
  }

  async get<T extends KubeObject>(name: ObjectName): Promise<T> {
    return this.#read<T>({ method: 'GET', path: await this.pathOf(name, name.name) });
  }

  /** The object, or undefined when there is none. */
  async find<T extends KubeObject>(name: ObjectName): Promise<T | undefined> {
    return this.get<T>(name).catch((error: unknown) => {
      if (error instanceof KubeError && error.status === 404) return undefined;
      throw error;
    });
  }

  /** All objects of a kind; of all namespaces when none is named. */
  async list<T extends KubeObject>(kind: ObjectKind, labelSelector = ''): Promise<readonly T[]> {
    const query = labelSelector === '' ? '' : `?labelSelector=${encodeURIComponent(labelSelector)}`;
    const { items } = await this.#read<{ readonly items: readonly T[] }>({
      method: 'GET',
      path: `${await this.pathOf(kind)}${query}`,
    });
    return items.map((item) => ({ ...item, apiVersion: kind.apiVersion, kind: kind.kind }));
  }

  async create<T extends KubeObject>(object: NewObject): Promise<T> {
    const path = await this.pathOf(kindOf(object));
    return this.#read<T>({ method: 'POST', path: `${path}?fieldManager=${FIELD_MANAGER}`, body: object });
  }

  /** Server-side apply. */
  async apply<T extends KubeObject>(object: NewObject): Promise<T> {
    const path = await this.pathOf(kindOf(object), object.metadata.name);
    return this.#read<T>({
      method: 'PATCH',
      path: `${path}?fieldManager=${FIELD_MANAGER}&force=true`,
      body: object,
      contentType: 'application/apply-patch+yaml',
    });
  }

  async patch<T extends KubeObject>(
    name: ObjectName,
    patch: unknown,
    options: { readonly type?: PatchType; readonly subresource?: string } = {},
  ): Promise<T> {
    const suffix = options.subresource === undefined ? '' : `/${options.subresource}`;
    return this.#read<T>({
      method: 'PATCH',
      path: `${await this.pathOf(name, name.name)}${suffix}?fieldManager=${FIELD_MANAGER}`,
      body: patch,
      contentType: PATCH_TYPES[options.type ?? 'merge'],
    });
  }

  /** Deletes an object if it is there. Seconds of grace are the object's own when left out. */
  async delete(name: ObjectName, gracePeriodSeconds?: number): Promise<void> {
    const path = await this.pathOf(name, name.name);
    const body = {
      propagationPolicy: 'Background',
      ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    };
    const answer = await this.connection.send({ method: 'DELETE', path, body });
    if (answer.status !== 404 && answer.status > 299) throw new KubeError({ method: 'DELETE', path }, answer);
  }

  /** Waits until an object exists and `isDone` holds for it. The error of a missed deadline shows what was there last. */
  async waitFor<T extends KubeObject>(
    name: ObjectName,
    isDone: (object: T) => boolean,
    milliseconds = 60_000,
  ): Promise<T> {
    const isIt = (object: T | undefined): object is T => object !== undefined && isDone(object);
    const last = await this.#follow<T>(name, isIt, milliseconds);
    if (isIt(last)) return last;
    const what = `${name.kind} ${name.name}`;
    throw new Error(`waited ${patient(milliseconds) / 1000} s in vain for ${what}; it was ${JSON.stringify(last)}`);
  }

  async waitUntilGone(name: ObjectName, milliseconds = 60_000): Promise<void> {
    const last = await this.#follow(name, (object) => object === undefined, milliseconds);
    if (last === undefined) return;
    throw new Error(`waited ${patient(milliseconds) / 1000} s in vain for ${name.kind} ${name.name} to go`);
  }

  /** The object as it was when `isIt` held for it, or as it is at the deadline. */
  async #follow<T extends KubeObject>(
    name: ObjectName,
    isIt: (object: T | undefined) => boolean,
    milliseconds: number,
  ): Promise<T | undefined> {
    const followed = {
      connection: this.connection,
      request: (request: KubeRequest) => this.request(request),
      path: await this.pathOf(name),
      name: name.name,
    };
    const sight = await followObject<T>(followed, isIt, AbortSignal.timeout(patient(milliseconds)));
    if (!sight) return await this.find<T>(name);
    const { apiVersion, kind } = name;
    return sight.object && { ...sight.object, apiVersion, kind };
  }

  async podLog(namespace: string, pod: string, container: string): Promise<string> {
    const path = `/api/v1/namespaces/${namespace}/pods/${pod}/log?container=${container}`;
    return (await this.request({ method: 'GET', path })).body;
  }

  close(): void {
    this.connection.close();
  }
}

/** A client that acts as the user of a kubeconfig file. */
export const openKubeApi = (kubeconfig: string): KubeApi => new KubeApi(connect(kubeconfig));

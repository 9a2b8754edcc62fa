import { keyOf } from '../objects/object.ts';
import type { KubeObject, ObjectKey } from '../objects/object.ts';

export interface Change<T extends KubeObject> {
  readonly type: 'add' | 'update' | 'delete';
  readonly object: T;
}

/** The newest known version of each object of a watch. Nothing older ever replaces it. */
export class ObjectCache<T extends KubeObject> {
  readonly #objects = new Map<ObjectKey, T>();

  get(key: ObjectKey): T | undefined {
    return this.#objects.get(key);
  }

  values(): Iterable<T> {
    return this.#objects.values();
  }

  get size(): number {
    return this.#objects.size;
  }

  /** Takes a version; nothing when the same or a newer one is known. */
  put(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known && !isNewer(object, known)) return undefined;
    this.#objects.set(key, withoutManagedFields(object));
    return { type: known ? 'update' : 'add', object };
  }

  remove(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    // A late event about a predecessor of the same name.
    if (!known || (known.metadata.uid !== object.metadata.uid && isNewer(known, object))) return undefined;
    this.#objects.delete(key);
    return { type: 'delete', object };
  }

  /** Takes a complete list; what it does not have is gone. */
  replace(objects: readonly T[]): Change<T>[] {
    const listed = new Set(objects.map(keyOf));
    const gone = [...this.#objects.entries()].filter(([key]) => !listed.has(key));
    for (const [key] of gone) this.#objects.delete(key);
    const deleted = gone.map(([, object]): Change<T> => ({ type: 'delete', object }));
    return [...deleted, ...objects.map((object) => this.put(object)).filter((change) => change !== undefined)];
  }
}

/**
 * Resource versions of one resource are comparable as decimal numbers
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions). An API server for which they
 * are not gets plain last-write-wins.
 */
function isNewer(object: KubeObject, known: KubeObject): boolean {
  const [next, last] = [object.metadata.resourceVersion ?? '', known.metadata.resourceVersion ?? ''];
  const decimal = /^\d+$/;
  if (!decimal.test(next) || !decimal.test(last)) return next !== last;
  return BigInt(next) > BigInt(last);
}

/** Half of an object's size, and nobody here reads it. */
function withoutManagedFields<T extends KubeObject>(object: T): T {
  if (!('managedFields' in object.metadata)) return object;
  const { managedFields: _, ...metadata } = object.metadata;
  return { ...object, metadata };
}

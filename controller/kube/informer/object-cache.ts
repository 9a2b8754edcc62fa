import { keyOf } from '../objects/object.ts';
import type { KubeObject, ObjectKey } from '../objects/object.ts';

export interface Change<T extends KubeObject> {
  readonly type: 'add' | 'update' | 'delete';
  readonly object: T;
}

/** A complete list on its way, page by page. */
interface Listing<T extends KubeObject> {
  /** News, or nothing when this very version is known. */
  readonly take: (object: T) => Change<T> | undefined;
  /** The list is complete: what it did not have is gone. */
  readonly finish: () => readonly Change<T>[];
}

/**
 * The objects of a collection as lists and watches tell of them, each as it was told last. Our own writes do not go in: the answer to a write may
 * come after the object's DELETED event, and would bring the object back for ever. Versions are compared for equality only: they go back when
 * somebody restores etcd.
 */
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

  put(object: T): Change<T> | undefined {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (known && isSameVersion(object, known)) return undefined;
    this.#objects.set(key, object);
    return { type: known ? 'update' : 'add', object };
  }

  remove(object: KubeObject): Change<T> | undefined {
    const key = keyOf(object);
    const known = this.#objects.get(key);
    if (!known) return undefined;
    this.#objects.delete(key);
    return { type: 'delete', object: known };
  }

  listing(): Listing<T> {
    const listed = new Set<ObjectKey>();
    return {
      take: (object) => {
        listed.add(keyOf(object));
        return this.put(object);
      },
      finish: () => {
        const gone = [...this.#objects].filter(([key]) => !listed.has(key));
        return gone.map(([key, object]) => {
          this.#objects.delete(key);
          return { type: 'delete', object };
        });
      },
    };
  }
}

function isSameVersion(one: KubeObject, other: KubeObject): boolean {
  const { resourceVersion, uid } = one.metadata;
  return (
    resourceVersion !== undefined && resourceVersion === other.metadata.resourceVersion && uid === other.metadata.uid
  );
}

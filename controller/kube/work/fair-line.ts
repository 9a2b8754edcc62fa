import { splitKey } from '../objects/object.ts';
import type { ObjectKey } from '../objects/object.ts';

/** Keys that wait, first come first served within a namespace, and one namespace after the other: none waits for all of another's. */
export class FairLine {
  /** The keys of each namespace. Namespaces are in the order of their turns, and keys in the order in which they came. */
  readonly #lines = new Map<string, Set<ObjectKey>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(key: ObjectKey): void {
    const { namespace } = splitKey(key);
    const line = this.#lines.get(namespace) ?? new Set();
    if (line.has(key)) return;
    line.add(key);
    this.#lines.set(namespace, line);
    this.#length += 1;
  }

  /** The next key of the first namespace that `mayGo`; that namespace is the last one then. */
  shift(mayGo: (namespace: string) => boolean = () => true): ObjectKey | undefined {
    for (const [namespace, line] of this.#lines) {
      const [key] = line;
      if (key === undefined || !mayGo(namespace)) continue;
      this.remove(key);
      if (this.#lines.delete(namespace) && line.size > 0) this.#lines.set(namespace, line);
      return key;
    }
    return undefined;
  }

  remove(key: ObjectKey): boolean {
    const { namespace } = splitKey(key);
    const line = this.#lines.get(namespace);
    if (!line?.delete(key)) return false;
    this.#length -= 1;
    if (line.size === 0) this.#lines.delete(namespace);
    return true;
  }

  has(key: ObjectKey): boolean {
    return this.#lines.get(splitKey(key).namespace)?.has(key) ?? false;
  }

  clear(): void {
    this.#lines.clear();
    this.#length = 0;
  }
}

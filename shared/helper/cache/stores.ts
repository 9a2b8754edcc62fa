import type { HeldTime } from '../deadline.ts';
import type { OpenedStore } from '../../store/open-store.ts';
import { parseTarget } from '../../store/reference.ts';
import type { Target } from '../../store/reference.ts';
import type { Store } from '../../store/store.ts';

/** Opens the store of an image reference. `maxTime` is that of the request. */
export type OpenStore = (target: string, maxTime?: HeldTime) => Promise<OpenedStore>;

/** The stores of one request: each opened once, so that targets in one repository share connections and tokens. */
export class Stores {
  readonly #open: (target: string) => Promise<OpenedStore>;
  readonly #stores = new Map<string, Promise<Store>>();

  constructor(open: (target: string) => Promise<OpenedStore>) {
    this.#open = open;
  }

  /** The store of an image reference, and the tag or digest in it. Throws InvalidParams for what is no reference. */
  async find(text: string): Promise<OpenedStore> {
    const target = parseTarget(text);
    const name = repositoryOf(target);
    const store = this.#stores.get(name) ?? this.#open(text).then((opened) => opened.store);
    this.#stores.set(name, store);
    return { store: await store, reference: target.reference };
  }

  async close(): Promise<void> {
    await Promise.allSettled([...this.#stores.values()].map(async (store) => (await store).close()));
  }
}

/** A target without its tag, as a user writes it. */
export function repositoryOf(target: Target): string {
  return target.kind === 'layout' ? `oci:${target.dir}` : `${target.registry}/${target.repository}`;
}

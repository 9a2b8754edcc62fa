import { elapsedMs } from '../../../shared/clock.ts';
import { FairLine } from '../../kube/work/fair-line.ts';
import { splitKey } from '../../kube/objects/object.ts';
import type { PodOwner } from '../pod/helper-pods.ts';

interface TurnLimits {
  /** Helper pods at once. */
  readonly maxPods: number;
  readonly maxPodsPerNamespace: number;
}

interface TurnsOptions {
  readonly limits: () => TurnLimits;
  readonly now?: () => number;
}

/** The last tenth of all pods is reserved for namespaces that have none. So a late namespace does not wait for those that fill the cluster. */
const RESERVE = 10;

/**
 * Which runs may have a helper pod now. The others wait in line, and namespaces take turns. Nothing is stored: a run with a pod has a turn, and after
 * a restart the others ask again.
 */
export class Turns {
  readonly #options: TurnsOptions;
  readonly #line = new FairLine();
  /** The owners that wait for a turn, each with the time since when it waits. */
  readonly #waiting = new Map<string, { readonly owner: PodOwner; readonly since: number }>();
  readonly #held = new Set<string>();
  readonly #heldIn = new Map<string, number>();
  readonly #handlers: ((owner: PodOwner) => void)[] = [];

  constructor(options: TurnsOptions) {
    this.#options = options;
  }

  /** Calls the handler for each run in line whose turn has come. */
  onTurn(handler: (owner: PodOwner) => void): void {
    this.#handlers.push(handler);
  }

  /** Runs in line. */
  get waiting(): number {
    return this.#line.length;
  }

  /** True: it is the run's turn, until `release`. False: it is in line. */
  take(owner: PodOwner): boolean {
    const id = idOf(owner);
    this.#grant();
    if (this.#held.has(id)) return true;
    if (this.#line.has(id)) return false;
    if (this.#mayGo(splitKey(id).namespace)) {
      this.hold(owner);
      return true;
    }
    this.#line.push(id);
    this.#waiting.set(id, { owner, since: this.#now() });
    return false;
  }

  /** Milliseconds that the run has been in line. */
  waitedMs(owner: PodOwner): number {
    const waiting = this.#waiting.get(idOf(owner));
    return waiting ? this.#now() - waiting.since : 0;
  }

  /** The run has a pod, and so a turn, also one that this process did not give: mostly from before a restart. */
  hold(owner: PodOwner): void {
    const id = idOf(owner);
    this.#leaveLine(id);
    if (this.#held.has(id)) return;
    this.#held.add(id);
    this.#count(id, 1);
  }

  /** The run needs no pod any more. */
  release(owner: PodOwner): void {
    const id = idOf(owner);
    this.#leaveLine(id);
    if (!this.#held.delete(id)) return;
    this.#count(id, -1);
    this.#grant();
  }

  #grant(): void {
    for (;;) {
      const id = this.#line.shift((namespace) => this.#mayGo(namespace));
      if (id === undefined) return;
      const waiting = this.#waiting.get(id);
      if (!waiting) continue;
      this.hold(waiting.owner);
      for (const handler of this.#handlers) handler(waiting.owner);
    }
  }

  #mayGo(namespace: string): boolean {
    const { maxPods, maxPodsPerNamespace } = this.#options.limits();
    const here = this.#heldIn.get(namespace) ?? 0;
    const limit = here === 0 ? maxPods : maxPods - Math.floor(maxPods / RESERVE);
    return this.#held.size < limit && here < maxPodsPerNamespace;
  }

  #leaveLine(id: string): void {
    this.#line.remove(id);
    this.#waiting.delete(id);
  }

  #count(id: string, difference: number): void {
    const { namespace } = splitKey(id);
    const here = (this.#heldIn.get(namespace) ?? 0) + difference;
    if (here > 0) this.#heldIn.set(namespace, here);
    else this.#heldIn.delete(namespace);
  }

  #now(): number {
    return (this.#options.now ?? elapsedMs)();
  }
}

/** A key that tells kinds apart, and still begins with the namespace. */
function idOf({ kind, key }: PodOwner): string {
  const { namespace, name } = splitKey(key);
  return `${namespace}/${kind}/${name}`;
}

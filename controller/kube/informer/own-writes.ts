import type { KubeObject } from '../objects/object.ts';
import { elapsedMs } from '../../../shared/clock.ts';

interface OwnWritesOptions {
  /** How long to wait for a write to come back. After etcd was restored, it may never come. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

interface Write {
  readonly resourceVersion: string;
  readonly until: number;
}

/**
 * Our own writes that the watch has not brought back yet. A decision about an older copy would write the same again, and the API server would refuse
 * that.
 */
export class OwnWrites {
  /** Our writes by the UID of their object, in the order of `until`. */
  readonly #writes = new Map<string, Write>();
  readonly #patienceMs: number;
  readonly #now: () => number;

  constructor({ patienceMs = 5000, now = elapsedMs }: OwnWritesOptions = {}) {
    this.#patienceMs = patienceMs;
    this.#now = now;
  }

  /** Takes what a write returned. */
  record({ metadata: { uid, resourceVersion } }: KubeObject): void {
    if (uid === undefined || resourceVersion === undefined) return;
    this.#dropOld();
    this.#writes.delete(uid);
    this.#writes.set(uid, { resourceVersion, until: this.#now() + this.#patienceMs });
  }

  /** Milliseconds to leave this copy alone, as a newer one is on its way; 0 when it is the newest that we know. */
  waitMs({ metadata: { uid = '', resourceVersion = '' } }: KubeObject): number {
    const write = this.#writes.get(uid);
    if (write === undefined) return 0;
    const leftMs = write.until - this.#now();
    if (leftMs > 0 && !hasReached(resourceVersion, write.resourceVersion)) return leftMs;
    this.#writes.delete(uid);
    return 0;
  }

  #dropOld(): void {
    for (const [uid, { until }] of this.#writes) {
      if (until > this.#now()) return;
      this.#writes.delete(uid);
    }
  }
}

/**
 * Resource versions of one resource are comparable as decimal numbers
 * (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions); others only for equality.
 */
function hasReached(version: string, wanted: string): boolean {
  const decimal = /^\d{1,30}$/;
  if (!decimal.test(version) || !decimal.test(wanted)) return version === wanted;
  return BigInt(version) >= BigInt(wanted);
}

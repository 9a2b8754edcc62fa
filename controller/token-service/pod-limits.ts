import { TokenBucket } from '../kube/pace/token-bucket.ts';

interface PodLimitsOptions {
  /** Questions that a pod may ask in the long run, and `burst` at once: each step of a pod asks several times. */
  readonly perSecond: number;
  readonly burst: number;
  readonly now?: () => number;
}

/** Buckets are kept for this many pods; the one that asked longest ago is forgotten first. */
const MAX_PODS = 5000;

/** How often a pod may ask. */
export class PodLimits {
  readonly #options: PodLimitsOptions;
  /** The buckets of pods by UID, in the order in which the pods asked last. */
  readonly #pods = new Map<string, TokenBucket>();

  constructor(options: PodLimitsOptions) {
    this.#options = options;
  }

  /** Milliseconds until the pod may ask; 0: now. */
  ask(uid: string): number {
    const bucket = this.#pods.get(uid) ?? new TokenBucket(this.#options);
    this.#pods.delete(uid);
    this.#pods.set(uid, bucket);
    const [oldest] = this.#pods.keys();
    if (this.#pods.size > MAX_PODS && oldest !== undefined) this.#pods.delete(oldest);
    return bucket.tryTake();
  }
}

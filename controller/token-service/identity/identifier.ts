import { createHash } from 'node:crypto';

import { HOUSEKEEPER } from '../../../shared/scope/housekeeping.ts';
import type { RunFacts } from '../../../shared/scope/run-facts.ts';
import { CachedReads } from '../../kube/api/cached-reads.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import { controllerOf } from '../../kube/objects/object.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import { NAMESPACES, PODS } from '../../kube/objects/resource.ts';
import { within } from '../../kube/pace/within.ts';
import { isRefusal } from '../protocol/refusal.ts';
import type { Refusal } from '../protocol/refusal.ts';
import { readClaims } from './claims.ts';
import { outermostRun } from './outermost-run.ts';
import { reviewToken } from './token-review.ts';
import type { ReviewedPod } from './token-review.ts';

/** The pod that asks, and the run that made it. */
export interface Requester {
  /** `NAMESPACE/NAME` */
  readonly pod: string;
  readonly podUid: string;
  /** `PipelineRun NAME` */
  readonly run: string;
  /** The run that made the pod: `TaskRun NAME`. */
  readonly task: string;
  readonly facts: RunFacts;
  /** Set where the pod is the housekeeper's, which no run has made. */
  readonly isHousekeeper?: true;
}

interface IdentifierOptions {
  readonly client: KubeClient;
  /** The namespace of the installation, which has the housekeeper's account. */
  readonly ownNamespace?: string;
  /** How long the answer about a token is kept. A pod that is deleted meanwhile has its answer until then. */
  readonly cacheMs?: number;
  readonly now?: () => number;
}

const CACHE_MS = 10_000;
const MAX_TOKENS = 5000;
const MAX_NAMESPACES = 1000;
/** A question has this long for all that it asks of the API server: clients wait some ten seconds for their token. */
const LONGEST_MS = 5000;
const ENDED = ['Succeeded', 'Failed'];

/** Finds the run behind a password. Steps of a pod share a token, and its answer. */
export class Identifier {
  readonly #client: KubeClient;
  readonly #ownNamespace: string | undefined;
  readonly #now: () => number;
  readonly #answers: CachedReads<Requester | Refusal>;
  readonly #namespaces: CachedReads<KubeObject>;

  constructor({ client, ownNamespace, cacheMs: ttlMs = CACHE_MS, now }: IdentifierOptions) {
    this.#client = client;
    this.#ownNamespace = ownNamespace;
    this.#now = now ?? Date.now;
    // Tokens expire by the wall clock, cached answers by the steady one.
    const clock = now === undefined ? {} : { now };
    this.#answers = new CachedReads({ ttlMs, max: MAX_TOKENS, isRenewed: true, ...clock });
    this.#namespaces = new CachedReads({ ttlMs, max: MAX_NAMESPACES, isRenewed: true, ...clock });
  }

  /** Throws `ApiError` without an answer of the API server, and `NotYet`. */
  async identify(token: string): Promise<Requester | Refusal> {
    const claims = readClaims(token, this.#now());
    if (typeof claims === 'string') {
      return { status: 401, reason: 'bad-login', message: `the password is refused: ${claims}` };
    }
    const digest = createHash('sha256').update(token).digest('base64');
    const answer = await this.#answers.get(digest, async () => await this.#askInTime(token));
    return answer ?? { status: 401, reason: 'no-pod', message: 'nobody knows the pod' };
  }

  async #askInTime(token: string): Promise<Requester | Refusal> {
    return await within(LONGEST_MS, undefined, async (signal) => await this.#ask(token, signal));
  }

  async #ask(token: string, signal: AbortSignal): Promise<Requester | Refusal> {
    const reviewed = await reviewToken(this.#client, token, signal);
    if (isRefusal(reviewed)) return reviewed;
    const { namespace, name, uid, serviceAccount } = reviewed;
    const pod = await this.#client.get(PODS, { namespace, name }, signal);
    if (pod === undefined || pod.metadata.uid !== uid)
      return noPod(`the pod ${namespace}/${name} of the token is gone`);
    if (ENDED.includes(pod.status?.phase ?? '')) return noPod(`the pod ${namespace}/${name} has ended`);
    if (namespace === this.#ownNamespace && serviceAccount === HOUSEKEEPER) return housekeeper(reviewed);
    const [run, labels] = await Promise.all([
      outermostRun(this.#client, pod, signal, this.#now()),
      this.#labelsOf(namespace, signal),
    ]);
    if (isRefusal(run)) return run;
    const { metadata } = run.object;
    const maker = controllerOf(pod);
    return {
      pod: `${namespace}/${name}`,
      podUid: uid,
      run: `${run.kind} ${metadata.name}`,
      task: `${maker?.kind} ${maker?.name}`,
      facts: {
        namespace,
        namespaceLabels: labels,
        serviceAccount,
        run: metadata.uid ?? '',
        annotations: metadata.annotations ?? {},
        labels: metadata.labels ?? {},
      },
    };
  }

  async #labelsOf(namespace: string, signal: AbortSignal): Promise<Readonly<Record<string, string>>> {
    const read = async () => await this.#client.get(NAMESPACES, { name: namespace }, signal);
    return (await this.#namespaces.get(namespace, read))?.metadata.labels ?? {};
  }
}

/** The housekeeper as a requester. It has no run: of the facts only namespace and service account are set. */
function housekeeper({ namespace, name, uid, serviceAccount }: ReviewedPod): Requester {
  const facts = { namespace, serviceAccount, namespaceLabels: {}, run: '', annotations: {}, labels: {} };
  return { pod: `${namespace}/${name}`, podUid: uid, run: 'none', task: 'none', facts, isHousekeeper: true };
}

const noPod = (message: string): Refusal => ({ status: 401, reason: 'no-pod', message });

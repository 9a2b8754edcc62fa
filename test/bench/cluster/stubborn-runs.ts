import { writesBy } from '../../support/cluster/audit-log.ts';
import type { AuditEvent } from '../../support/cluster/audit-log.ts';
import { until } from '../../support/deadline.ts';
import { KubeError } from '../../support/kube/connection.ts';
import type { KubeApi } from '../../support/kube/kube-api.ts';
import { isDone, resultsOf, Runs, verdictOf } from '../../support/product/runs.ts';
import type { HelperPod, Run } from '../../support/product/runs.ts';

interface StubbornRunsOptions {
  readonly api: KubeApi;
  /** Each has a claim called `cache`. */
  readonly namespaces: readonly string[];
  /** A tag that does not exist. */
  readonly target: string;
}

export interface Name {
  readonly namespace: string;
  readonly name: string;
}

export interface MadeRun extends Name {
  /** When the API server said that it had taken it, in milliseconds since the epoch. */
  readonly takenAt: number;
}

/** In milliseconds since the epoch, by the audit log. */
export interface Times {
  readonly firstStatus: number;
  readonly lastStatus: number;
}

/** How many runs had which fate; one that is none of these ended well. */
interface Fates {
  readonly lost: number;
  readonly twice: number;
  readonly failed: number;
}

const CONTROLLER = 'system:serviceaccount:tekton-cache:tekton-cache-controller';
const CUSTOM_RUNS = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun' } as const;
const REQUESTS = { apiVersion: 'resolution.tekton.dev/v1beta1', kind: 'ResolutionRequest' } as const;
const PODS = { apiVersion: 'v1', kind: 'Pod' } as const;
const PATIENCE_MS = 120_000;
/** Creates on their way at the same time. */
const AT_ONCE = 8;

/** Fetches that miss, made and followed however often the API server goes away meanwhile. */
export class StubbornRuns {
  readonly #options: StubbornRunsOptions;
  readonly #made: MadeRun[] = [];
  #count = 0;

  constructor(options: StubbornRunsOptions) {
    this.#options = options;
  }

  /** All that were made. */
  get made(): readonly MadeRun[] {
    return this.#made;
  }

  /** Makes so many runs, over the namespaces in turn; returns when the API server has taken them all. */
  async create(prefix: string, count: number): Promise<readonly MadeRun[]> {
    const names = Array.from({ length: count }, (_, at) => `${prefix}-${at}`);
    const made: MadeRun[] = [];
    const worker = async (): Promise<void> => {
      for (let name = names.shift(); name !== undefined; name = names.shift()) made.push(await this.createOne(name));
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    return made;
  }

  /** Returns when the API server has taken it. */
  async createOne(name: string): Promise<MadeRun> {
    const { api, namespaces, target } = this.#options;
    const namespace = namespaces[this.#count % namespaces.length] ?? '';
    this.#count += 1;
    await insist(`the create of ${namespace}/${name}`, async () => {
      const asked = new Runs(api, namespace).createCustomRun(name, 'CacheFetch', {
        params: { target, insecure: 'true' },
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
      });
      await orIsThere(asked);
    });
    const run = { namespace, name, takenAt: Date.now() };
    this.#made.push(run);
    return run;
  }

  /** A request for our resolver, which no run stands behind: it is refused, and that is an answer. */
  async ask(name: string): Promise<Name> {
    const { api, namespaces } = this.#options;
    const [namespace = ''] = namespaces;
    const labels = { 'resolution.tekton.dev/type': 'cache' };
    await insist(`the create of a request ${name}`, async () => {
      await orIsThere(api.create({ ...REQUESTS, metadata: { name, namespace, labels }, spec: { params: [] } }));
    });
    return { namespace, name };
  }

  /** Returns when these runs have ended. One that does not for two minutes is found to be lost later. */
  async ends(runs: readonly MadeRun[]): Promise<void> {
    const areDone = async (): Promise<boolean> => {
      const all = await this.#list();
      const found = runs.map((run) => all.get(keyOf(run)));
      return found.every((run) => run !== undefined && isDone(run));
    };
    await until('runs to end', PATIENCE_MS, async () => await areDone().catch(() => false), 500).catch(() => undefined);
  }

  /** What became of all that were made. */
  async fates(events: readonly AuditEvent[]): Promise<Fates> {
    const runs = await this.#list();
    const pods = await this.#podsMade(events);
    const count = (isIt: (run: Run | undefined, key: string) => boolean): number =>
      this.#made.map(keyOf).filter((key) => isIt(runs.get(key), key)).length;
    return {
      lost: count((run) => run === undefined || !isDone(run)),
      twice: count((run, key) => (run?.status?.retriesStatus?.length ?? 0) > 0 || (pods.get(key) ?? 0) > 1),
      failed: count((run) => run !== undefined && isDone(run) && !isMiss(run)),
    };
  }

  async #list(): Promise<ReadonlyMap<string, Run>> {
    const { api, namespaces } = this.#options;
    const lists = await Promise.all(namespaces.map((namespace) => api.list<Run>({ ...CUSTOM_RUNS, namespace })));
    return new Map(lists.flat().map((run) => [keyOf(run.metadata), run]));
  }

  /** Pods of each run: those that are there, or those that were made, where that is more. The log lacks what a killed API server had begun. */
  async #podsMade(events: readonly AuditEvent[]): Promise<ReadonlyMap<string, number>> {
    const { api, namespaces } = this.#options;
    const made = writesBy(events, CONTROLLER).filter(
      ({ verb, resource, code }) => verb === 'create' && resource === 'pods' && code === 201,
    );
    const lists = await Promise.all(namespaces.map((namespace) => api.list<HelperPod>({ ...PODS, namespace })));
    const there = lists.flat().map(({ metadata: { namespace = '', name } }) => ({ namespace, name }));
    const countIn = (pods: readonly Name[], { namespace, name }: Name): number =>
      pods.filter((pod) => pod.namespace === namespace && pod.name.startsWith(`${name}-`)).length;
    return new Map(this.#made.map((run) => [keyOf(run), Math.max(countIn(there, run), countIn(made, run))]));
  }
}

/** When the controller told of a run, or of a request; infinite where it never did. */
export function timesOf(events: readonly AuditEvent[], { namespace, name }: Name): Times {
  const told = writesBy(events, CONTROLLER)
    .filter((event) => event.resource.endsWith('/status') && event.namespace === namespace && event.name === name)
    .filter(({ code }) => code === 200)
    .map(({ receivedAt }) => receivedAt / 1000);
  return { firstStatus: Math.min(...told), lastStatus: told.length === 0 ? Infinity : Math.max(...told) };
}

const keyOf = ({ namespace = '', name }: Partial<Name>): string => `${namespace}/${name}`;

const isMiss = (run: Run): boolean =>
  verdictOf(run) === 'True Succeeded' && resultsOf(run)['reason'] === 'not-found' && resultsOf(run)['hit'] === 'false';

/** The API server may have taken it, and have died before it could say so. */
async function orIsThere(created: Promise<unknown>): Promise<void> {
  try {
    await created;
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 409)) throw error;
  }
}

/** Asks until it is answered: the API server is away, or not quite back. */
async function insist(what: string, ask: () => Promise<void>): Promise<void> {
  let last: unknown;
  const attempt = async (): Promise<boolean> => {
    try {
      await ask();
      return true;
    } catch (error) {
      last = error;
      return false;
    }
  };
  await until(what, PATIENCE_MS, attempt).catch((error: unknown) => {
    throw new Error(String(error), { cause: last });
  });
}

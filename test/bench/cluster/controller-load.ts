/**
 * The controller under load: runs of many namespaces at once, in a cluster that keeps many done ones, and one run of another namespace.
 *
 *   npm run bench:controller [-- --runs N] [-- --done N] [--out FILE]
 *
 * API server, webhooks and controller are real. Nodes are not: a fake kubelet holds 110 pods, each for a second, as no machine of ours
 * starts a thousand.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { writesBy } from '../../support/cluster/audit-log.ts';
import { borrowCluster } from '../../support/cluster/borrowed-cluster.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import { until } from '../../support/deadline.ts';
import { startFakeKubelet } from '../../support/fake-kubernetes/fake-kubelet.ts';
import { openProduct } from '../../support/product/product.ts';
import { resultsOf, isDone, Runs } from '../../support/product/runs.ts';
import type { Run } from '../../support/product/runs.ts';
import { writePage } from '../report/page.ts';
import { quantile } from '../lanes/spread.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    done: { type: 'string', default: '10000' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/controller.md') },
  },
});

const NAMESPACES = 10;
const CAPACITY = 110;
const SCHEDULER = 'fake-kubelet';
const CONTROLLER = 'system:serviceaccount:tekton-cache:tekton-cache-controller';
const CUSTOM_RUNS = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun' } as const;
const WORK = { params: { target: 'r/x:y' }, workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'c' } }] };

const borrowed = await borrowCluster({ resolvers: true }, (line) => void process.stderr.write(`${line}\n`));
const product = await openProduct({ 'pod-template': `{schedulerName: ${SCHEDULER}}`, 'scheduling-deadline': '5m' });
if (!product) throw new Error('this needs the cluster of the bench: npm run cluster -- up');
const { cluster } = product;
const kubelet = await startFakeKubelet({
  kubeconfig: cluster.state.kubeconfig,
  schedulerName: SCHEDULER,
  capacity: CAPACITY,
  runMs: 1000,
  message: JSON.stringify({ version: 1, results: { reason: 'not-found' }, message: 'miss' }),
});
const made = Array.from(
  { length: NAMESPACES + 2 },
  async () => await createTestNamespace(cluster.api, { prefix: 'load' }),
);
const [doneSpace, otherSpace, ...spaces] = await Promise.all(made);
if (!doneSpace || !otherSpace) throw new Error('no namespaces');
try {
  const total = Number(values.runs);
  await makeDone(Number(values.done));
  await product.controller.stop();
  product.controller = await product.startController();

  const startedAt = Date.now();
  await inTurns(total, async (at) => {
    const space = spaces[at % spaces.length];
    if (space) await new Runs(cluster.api, space.name).createCustomRun(`run-${at}`, 'CacheFetch', WORK);
  });
  const createdAt = Date.now();
  const others: number[] = [];
  for (let at = 0; at < 5; at += 1) {
    const from = Date.now();
    await new Runs(cluster.api, otherSpace.name).createCustomRun(`other-${at}`, 'CacheFetch', WORK);
    const pod = await seen(`${otherSpace.name}/other-${at}-`);
    others.push(pod - from);
  }
  const ended = new Map<string, string>();
  await until('all runs to end', 900_000, async () => {
    for (const { name } of spaces) {
      const runs = await cluster.api.list<Run>({ ...CUSTOM_RUNS, namespace: name });
      for (const run of runs.filter(isDone)) ended.set(`${name}/${run.metadata.name}`, resultsOf(run)['reason'] ?? '');
    }
    return ended.size >= total;
  });
  const endedAt = Date.now();
  const writes = new Map<string, number>();
  for (const event of writesBy(await cluster.auditLog.read(), CONTROLLER)) {
    const key = `${event.namespace}/${event.name}`;
    if (event.resource === 'customruns/status' && event.code < 300 && ended.has(key))
      writes.set(key, (writes.get(key) ?? 0) + 1);
  }
  const counts = [...writes.values()];
  const reasons = [...ended.values()].filter((reason) => reason === 'pod-failed').length;
  const rows: readonly (readonly [string, string | number, string])[] = [
    ['runs that ended as `pod-failed`', reasons, '0'],
    ['from the create of a run in another namespace to its pod, median', `${quantile(others, 0.5)} ms`, ''],
    ['the same, the slowest of five', `${Math.max(...others)} ms`, '1 s'],
    ['status writes a run, on average', (counts.reduce((sum, count) => sum + count, 0) / ended.size).toFixed(1), ''],
    ['status writes of the run with the most', Math.max(...counts), '4'],
    ['most pods at work at once', kubelet.most(), ''],
    ['most memory of the controller', `${await peakMib(product.controller.pid)} MiB`, '250 MiB'],
    ['the controller lived through it', product.controller.isAlive() ? 'yes' : 'no', 'yes'],
    ['to create them', `${((createdAt - startedAt) / 1000).toFixed(0)} s`, ''],
    ['to end them', `${((endedAt - startedAt) / 1000).toFixed(0)} s`, ''],
  ];
  await writePage(values.out, report(total, rows));
} finally {
  await kubelet.stop();
  await Promise.all([doneSpace, otherSpace, ...spaces].map(async (space) => await space.delete()));
  await product.close();
  await borrowed.giveBack();
}

/** Runs that end without a pod, as they are switched off. */
async function makeDone(count: number): Promise<void> {
  const space = doneSpace?.name ?? '';
  await inTurns(count, async (at) => {
    await cluster.api.create({
      ...CUSTOM_RUNS,
      metadata: { name: `done-${at}`, namespace: space, annotations: { 'cache.tekton.dev/mode': 'off' } },
      spec: { customRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' }, ...withParams(WORK) },
    });
  });
  await until('runs to be done', 900_000, async () => {
    const runs = await cluster.api.list<Run>({ ...CUSTOM_RUNS, namespace: space });
    return runs.length >= count && runs.every(isDone);
  });
}

function withParams({ params, ...rest }: typeof WORK): object {
  return { ...rest, params: Object.entries(params).map(([name, value]) => ({ name, value })) };
}

async function inTurns(count: number, work: (at: number) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < count; at = next++) await work(at);
  };
  await Promise.all(Array.from({ length: 16 }, worker));
}

/** When the fake kubelet saw the pod whose key begins so. */
async function seen(begin: string): Promise<number> {
  let at: number | undefined;
  await until(`a pod of ${begin}`, 120_000, async () => {
    at = [...kubelet.seenAt].find(([key]) => key.startsWith(begin))?.[1];
    return at !== undefined;
  });
  return at ?? Number.NaN;
}

async function peakMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

function report(total: number, rows: readonly (readonly [string, string | number, string])[]): string {
  return `# The controller under load

${total} runs in ${NAMESPACES} namespaces at once, in a cluster that keeps ${values.done} done ones; meanwhile five runs of another namespace, one after the other. The API server, Tekton's webhooks and the
controller are real; a fake kubelet holds ${CAPACITY} pods, each for a second. \`npm run bench:controller\` measures it anew.

| | measured | goal |
|---|---|---|
${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}
`;
}

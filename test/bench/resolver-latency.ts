/**
 * From the creation of a PipelineRun to that of its first TaskRun, by the times of the audit log: our resolvers against Tekton's own
 * `cluster` resolver, interleaved.
 *
 *     node test/bench/resolver-latency.ts [PAIRS]
 *
 * Needs the cluster of the bench with Tekton's resolvers (`npm run cluster -- up --resolvers`).
 */
import { openProduct } from '../support/product/product.ts';
import { paramsOf, shellTask } from '../support/product/runs.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';
import { until } from '../support/deadline.ts';

const RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const pairs = Number(process.argv[2] ?? '20');

const product = await openProduct();
if (product === undefined) throw new Error('This needs the cluster of the bench.');
const { cluster, registry } = product;
const space = await createTestNamespace(cluster.api, { prefix: 'latency' });
const namespace = space.name;

const tasks = [shellTask('a', 'true', { workspaces: ['w'] })];
await cluster.api.create({
  apiVersion: 'tekton.dev/v1',
  kind: 'Pipeline',
  metadata: { name: 'p', namespace },
  spec: { workspaces: [{ name: 'w' }], tasks },
});

const clusterParams = { kind: 'pipeline', name: 'p', namespace, cache: 'never' };
const ours = { workspaces: 'w', insecure: 'true', target: `${registry}/${namespace}/{{workspace}}:end` };
const nested = JSON.stringify({ resolver: 'cluster', params: paramsOf(clusterParams) });
const WAYS = {
  "Tekton's cluster resolver": { resolver: 'cluster', params: paramsOf(clusterParams) },
  'cache, a Pipeline in the namespace': { resolver: 'cache', params: paramsOf({ ...ours, pipelineref: 'p' }) },
  'cache, through the cluster resolver': { resolver: 'cache', params: paramsOf({ ...ours, pipelineref: nested }) },
} as const;

const started: { readonly way: string; readonly name: string }[] = [];
try {
  for (let pair = 0; pair < pairs; pair++) {
    for (const [at, [way, pipelineRef]] of Object.entries(WAYS).entries()) {
      const name = `r-${pair}-${at}`;
      const spec = { pipelineRef, workspaces: [{ name: 'w', emptyDir: {} }] };
      await cluster.api.create({ ...RUN, metadata: { name, namespace }, spec });
      const id = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: `${name}-a`, namespace };
      await until(`the TaskRun of ${name}`, 30_000, async () => (await cluster.api.find(id)) !== undefined);
      await cluster.api.delete({ ...RUN, name, namespace });
      started.push({ way, name });
    }
  }
  const events = (await cluster.auditLog.read()).filter(
    (event) => event.namespace === namespace && event.verb === 'create',
  );
  const receivedAt = (resource: string, name: string): number =>
    events.find((event) => event.resource === resource && event.name === name)?.receivedAt ?? Number.NaN;
  const times = new Map<string, number[]>();
  for (const { way, name } of started) {
    const milliseconds = (receivedAt('taskruns', `${name}-a`) - receivedAt('pipelineruns', name)) / 1000;
    times.set(way, [...(times.get(way) ?? []), milliseconds]);
  }
  const [reference = []] = times.values();
  for (const [way, values] of times) {
    const ratios = values.map((value, at) => value / (reference[at] ?? Number.NaN));
    console.log(
      `${way}: median ${quantile(values, 0.5).toFixed(0)} ms (${quantile(values, 0.05).toFixed(0)}-${quantile(values, 0.95).toFixed(0)}), ratio of pairs ${interval(ratios)}`,
    );
  }
} finally {
  await space.delete();
  await product.close();
}

function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

/** The median with its 95 % interval, by resampling. */
function interval(values: readonly number[]): string {
  const medians = Array.from({ length: 2000 }, () =>
    quantile(
      values.map(() => values[Math.floor(Math.random() * values.length)] ?? Number.NaN),
      0.5,
    ),
  );
  return `${quantile(values, 0.5).toFixed(2)} (${quantile(medians, 0.025).toFixed(2)}-${quantile(medians, 0.975).toFixed(2)})`;
}

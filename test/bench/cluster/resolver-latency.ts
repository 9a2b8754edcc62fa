/**
 * From the creation of a PipelineRun to that of its first TaskRun, by the times of the audit log: our resolvers against Tekton's own
 * `cluster` resolver, interleaved.
 *
 *   npm run bench:resolvers [-- --pairs N] [--out FILE]
 *
 * Needs the cluster of the bench with Tekton's resolvers (`npm run cluster -- up --resolvers`).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../../support/cluster/borrowed-cluster.ts';
import { openProduct } from '../../support/product/product.ts';
import { paramsOf, shellTask } from '../../support/product/runs.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import { until } from '../../support/deadline.ts';
import { writePage } from '../report/page.ts';
import { interval, quantile, showInterval, showMilliseconds } from '../lanes/spread.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '60' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/resolvers.md') },
  },
});

const RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const pairs = Number(values.pairs);
/** Not counted: Tekton and ours start their connections and compile. */
const WARM_UP = 3;

const borrowed = await borrowCluster({ resolvers: true }, (line) => void process.stderr.write(`${line}\n`));
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
/** The first one is what the others are compared with. */
const WAYS = {
  "Tekton's cluster resolver": { resolver: 'cluster', params: paramsOf(clusterParams) },
  'cache, a Pipeline in the namespace': { resolver: 'cache', params: paramsOf({ ...ours, pipelineref: 'p' }) },
  'cache, through the cluster resolver': { resolver: 'cache', params: paramsOf({ ...ours, pipelineref: nested }) },
} as const;

const started: { readonly way: string; readonly name: string }[] = [];
try {
  for (let pair = -WARM_UP; pair < pairs; pair++) {
    for (const [at, [way, pipelineRef]] of Object.entries(WAYS).entries()) {
      const name = `r-${pair + WARM_UP}-${at}`;
      const spec = { pipelineRef, workspaces: [{ name: 'w', emptyDir: {} }] };
      await cluster.api.create({ ...RUN, metadata: { name, namespace }, spec });
      const id = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun', name: `${name}-a`, namespace };
      await until(`the TaskRun of ${name}`, 30_000, async () => (await cluster.api.find(id)) !== undefined);
      await cluster.api.delete({ ...RUN, name, namespace });
      if (pair >= 0) started.push({ way, name });
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
  await writePage(values.out, report(times));
} finally {
  await space.delete();
  await product.close();
  await borrowed.giveBack();
}

function report(times: ReadonlyMap<string, readonly number[]>): string {
  const [reference = []] = times.values();
  const rows = [...times].map(([way, measured]) => {
    const ratios = measured.map((value, at) => value / (reference[at] ?? Number.NaN));
    const cells = [0.5, 0.1, 0.9].map((part) => showMilliseconds(quantile(measured, part)));
    return `| ${[way, ...cells, showInterval(interval(ratios))].join(' | ')} |`;
  });
  return `# Latency of the resolvers

From the create of a PipelineRun to the create of its first TaskRun, by the API server's audit log; ${pairs} of each, in turn. Goals: at most 1.0 for a Pipeline in the namespace, at most 1.5 with a nested resolution.
\`npm run bench:resolvers\` measures it anew.

| | median | 10 % | 90 % | ratio of pairs, 95 % interval |
|---|---|---|---|---|
${rows.join('\n')}
`;
}

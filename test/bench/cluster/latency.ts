/**
 * How long until work begins: a CustomRun of ours against a TaskRun of Tekton, both of the same PipelineRun, with the same image,
 * program, workspace and podTemplate.
 *
 *   npm run bench:latency [-- --pairs N] [--out FILE]
 *
 * From the moment the API server received the create of the run (its audit log) to the first line of the program in the container's log
 * (the kubelet's time, in nanoseconds). A second TaskRun shows how much two equal things differ here.
 */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../../support/cluster/borrowed-cluster.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import type { Product } from '../../support/product/product.ts';
import { openProduct } from '../../support/product/product.ts';
import { cacheTask, conditionOf, Runs, shellTask, verdictOf } from '../../support/product/runs.ts';
import { writePage } from '../report/page.ts';
import { interval, quantile, showInterval, showMilliseconds as ms } from '../lanes/spread.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '20' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/latency.md') },
  },
});

/** Milliseconds of each run of one PipelineRun. */
interface Sample {
  readonly ours: number;
  readonly tekton: number;
  readonly again: number;
}

const USER = { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 };

const borrowed = await borrowCluster({ resolvers: true }, (line) => void process.stderr.write(`${line}\n`));
const product = await openProduct();
if (!product) throw new Error('this needs the cluster of the bench: npm run cluster -- up');
const space = await createTestNamespace(product.cluster.api, { prefix: 'latency' });
try {
  const runs = new Runs(product.cluster.api, space.name);
  await space.createClaim('cache');
  const samples: Sample[] = [];
  // The first one pulls the image.
  for (let pair = -1; pair < Number(values.pairs); pair += 1) {
    const sample = await measure(product, runs, pair);
    if (pair < 0) continue;
    samples.push(sample);
    process.stderr.write(
      `${pair + 1}: CustomRun ${ms(sample.ours)}, TaskRun ${ms(sample.tekton)}, again ${ms(sample.again)}\n`,
    );
  }
  await writePage(values.out, report(samples));
} finally {
  await space.delete();
  await product.close();
  await borrowed.giveBack();
}

/** Three runs, one after the other, in an order that turns from pair to pair; the affinity assistant is there before them. */
async function measure({ cluster, image, registry }: Product, runs: Runs, pair: number): Promise<Sample> {
  const name = `pair-${pair + 1}`;
  const target = `${registry}/${space.name}/none:x`;
  const ours = (runAfter: string[]) =>
    cacheTask('ours', 'CacheFetch', { params: { target, insecure: 'true' }, workspaces: { w: 'w' }, runAfter });
  const tektons = (task: string) => (runAfter: string[]) => ({
    name: task,
    runAfter,
    workspaces: [{ name: 'w', workspace: 'w' }],
    taskSpec: {
      workspaces: [{ name: 'w' }],
      steps: [
        {
          name: 'run',
          image,
          command: ['node', '/app/shared/helper/main.js', '--termination-log', '$(workspaces.w.path)/report'],
          env: [{ name: 'CACHE_REQUEST', value: JSON.stringify(requestFor(target)) }],
        },
      ],
    },
  });
  const tasks = [ours, tektons('tekton'), tektons('again')];
  const turned = tasks.map((_, at) => tasks[(at + pair + 1) % tasks.length]);
  const names = turned.map((task) => (task === ours ? 'ours' : task === tasks[1] ? 'tekton' : 'again'));
  await runs.createPipelineRun(name, {
    tasks: [
      shellTask('first', 'true', { workspaces: ['w'] }),
      ...turned.map((task, at) => task?.([names[at - 1] ?? 'first']) ?? {}),
    ],
    workspaces: { w: { persistentVolumeClaim: { claimName: 'cache' } } },
    spec: { taskRunTemplate: { podTemplate: { securityContext: USER } } },
  });
  const done = await runs.pipelineRun(name);
  if (!verdictOf(done).startsWith('True')) throw new Error(`${name}: ${conditionOf(done).message}`);

  const created = await cluster.auditLog.read();
  const logs = cluster.local.podLogs['node1'] ?? '';
  const directories = (await readdir(logs)).filter((entry) => entry.startsWith(`${space.name}_${name}-`));
  const timeOf = async (resource: string, task: string, container: string): Promise<number> => {
    const run = `${name}-${task}`;
    const event = created.find(
      (one) => one.verb === 'create' && one.resource === resource && one.namespace === space.name && one.name === run,
    );
    const directory = directories.find((entry) => entry.startsWith(`${space.name}_${run}-`));
    if (!event || !directory) throw new Error(`no trace of ${run}`);
    const text = await readFile(join(logs, directory, container, '0.log'), 'utf8');
    return millisecondsOf(text.slice(0, text.indexOf(' '))) - event.receivedAt / 1000;
  };
  return {
    ours: await timeOf('customruns', 'ours', 'cache'),
    tekton: await timeOf('taskruns', 'tekton', 'step-run'),
    again: await timeOf('taskruns', 'again', 'step-run'),
  };
}

/** What our controller asks of its pod, so that both programs do the same. */
function requestFor(target: string): object {
  const lists = { files: [], paths: [], exclude: [], fallbacks: [], aliases: [], dockerConfigs: [] };
  const words = { verb: 'fetch', mode: 'pull-push', onMiss: 'continue', onError: 'continue' };
  const registry = target.split('/')[0];
  return {
    ...words,
    ...lists,
    target,
    caches: [{ name: 'w', dir: '$(workspaces.w.path)' }],
    clean: false,
    force: false,
    maxTimeMs: 60_000,
    insecure: true,
    insecureRegistries: [registry],
    variables: {},
  };
}

/** Of a timestamp with nanoseconds. */
function millisecondsOf(timestamp: string): number {
  const [seconds = '', fraction = ''] = timestamp.replace(/(Z|[+-]\d\d:\d\d)$/, '').split('.');
  const zone = /(Z|[+-]\d\d:\d\d)$/.exec(timestamp)?.[0] ?? 'Z';
  return Date.parse(`${seconds}${zone}`) + Number(`0.${fraction}`) * 1000;
}

function report(samples: readonly Sample[]): string {
  const ratio = interval(samples.map(({ ours, tekton }) => ours / tekton));
  const spread = interval(samples.map(({ again, tekton }) => again / tekton));
  const row = (what: string, key: keyof Sample) => {
    const values = samples.map((sample) => sample[key]);
    return `| ${what} | ${ms(quantile(values, 0.5))} | ${ms(quantile(values, 0.1))} | ${ms(quantile(values, 0.9))} |`;
  };
  return `# Latency

From the create of a run to the first line of its program, ${samples.length} PipelineRuns with one of each, in turning order; same image, program, workspace and podTemplate.
\`npm run bench:latency\` measures it anew.

| | median | 10 % | 90 % |
|---|---|---|---|
${row('CustomRun, our helper', 'ours')}
${row('TaskRun, its first step', 'tekton')}
${row('another TaskRun', 'again')}

CustomRun to TaskRun: **${ratio.middle.toFixed(2)}** (95 % interval ${ratio.low.toFixed(2)} to ${ratio.high.toFixed(2)}; goal: at most 0.80). TaskRun to TaskRun: ${showInterval(spread)}.
`;
}

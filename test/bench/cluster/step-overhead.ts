/**
 * What a step of ours costs a Task when it has nothing to do, against an empty step of the same image.
 *
 *   npm run bench:steps [-- --pairs N] [--out FILE]
 *
 * TaskRuns of one step each, in turning order: `node` with an empty program; `cache-fetch` into a directory that holds the entry
 * already; `cache-upload` of what the target holds already. A container's time is that from its start to its exit in the events of
 * containerd; the step's own time begins when Tekton's entrypoint starts the program, as it writes it into the termination message.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../../support/cluster/borrowed-cluster.ts';
import { nodeDirectories } from '../../support/cluster/node/node-directories.ts';
import { createTestNamespace } from '../../support/cluster/test-namespace.ts';
import type { KubeApi, KubeObject } from '../../support/kube/kube-api.ts';
import type { Product } from '../../support/product/product.ts';
import { openProduct } from '../../support/product/product.ts';
import {
  cacheStep,
  endOf,
  installStepActions,
  runTask,
  shellStep,
  stepResults,
} from '../../support/product/task-runs.ts';
import type { TaskRun } from '../../support/product/task-runs.ts';
import { watchContainers } from './container-events.ts';
import { writePage } from '../report/page.ts';
import { interval, median, showInterval, showMilliseconds } from '../lanes/spread.ts';

const { values } = parseArgs({
  options: {
    pairs: { type: 'string', default: '20' },
    out: { type: 'string', default: join(import.meta.dirname, '../../../docs/bench/steps.md') },
  },
});

/** Milliseconds. */
interface Times {
  readonly container: number;
  readonly program: number;
}

interface Pod extends KubeObject {
  readonly status: {
    readonly containerStatuses: readonly {
      readonly containerID: string;
      readonly state: { readonly terminated?: { readonly message?: string } };
    }[];
  };
}

const GOAL = 1.1;
const borrowed = await borrowCluster({ resolvers: true }, (line) => void process.stderr.write(`${line}\n`));
const product = await openProduct();
if (!product) throw new Error('this needs the cluster of the bench: npm run cluster -- up');
const events = watchContainers(nodeDirectories('node1').containerdSocket);
const space = await createTestNamespace(product.cluster.api, { prefix: 'steps' });
try {
  await installStepActions(product.cluster.api, space.name, product.image);
  await space.createClaim('deps');
  await writePage(values.out, report(await measure(product, Number(values.pairs))));
} finally {
  events.stop();
  await space.delete();
  await product.close();
  await borrowed.giveBack();
}

async function measure({ cluster: { api }, image, registry }: Product, pairs: number) {
  const caches = 'deps=$(workspaces.deps.path)';
  const params = { target: `${registry}/${space.name}/deps:fixed`, caches, insecure: 'true' };
  const run = async (name: string, steps: readonly object[]): Promise<TaskRun> => {
    const spec = {
      taskSpec: { workspaces: [{ name: 'deps' }], steps },
      workspaces: [{ name: 'deps', persistentVolumeClaim: { claimName: 'deps' } }],
      podTemplate: { securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 } },
    };
    const done = await runTask(api, { metadata: { name, namespace: space.name }, spec });
    if (!endOf(done).startsWith('True')) throw new Error(`${name}: ${endOf(done)}`);
    return done;
  };
  const files = 'cd $(workspaces.deps.path); for i in $(seq 100); do mkdir -p d$i; echo $i > d$i/file; done';
  const filled = await run('fill', [shellStep('fill', files), cacheStep('put', 'cache-upload', params)]);
  if (stepResults(filled, 'put')['reason'] !== 'pushed') throw new Error('the entry was not made');

  const ways = {
    empty: { name: 'run', image, command: ['node', '--eval', ''] },
    fetch: cacheStep('run', 'cache-fetch', params),
    upload: cacheStep('run', 'cache-upload', params),
  } as const;
  const names = ['empty', 'fetch', 'upload'] as const;
  const times: Record<(typeof names)[number], Times[]> = { empty: [], fetch: [], upload: [] };
  // The first round is for what is only done once.
  for (let pair = -1; pair < pairs; pair += 1) {
    for (const at of names.keys()) {
      const way = names[(at + pair + 1) % names.length] ?? 'empty';
      const done = await run(`${way}-${pair + 1}`, [ways[way]]);
      const { reason } = stepResults(done, 'run');
      if (way !== 'empty' && reason !== 'exact' && reason !== 'unchanged') throw new Error(`${way}: ${reason}`);
      if (pair >= 0) times[way].push(await timesOf(api, done));
    }
    process.stderr.write(`${pair + 1} of ${pairs}\n`);
  }
  return times;
}

async function timesOf(api: KubeApi, { status }: TaskRun): Promise<Times> {
  const id = { apiVersion: 'v1', kind: 'Pod', name: status?.podName ?? '', namespace: space.name };
  const { status: pod } = await api.get<Pod>(id);
  const container = pod.containerStatuses[0];
  const { started, ended } = await events.timesOf(container?.containerID.replace('containerd://', '') ?? '');
  return { container: ended - started, program: ended - programStart(container?.state.terminated?.message ?? '[]') };
}

/** Tekton's entrypoint writes when it started the program, in milliseconds. */
function programStart(message: string): number {
  const entries: readonly { readonly key: string; readonly value: string }[] = JSON.parse(message);
  return Date.parse(entries.find(({ key }) => key === 'StartedAt')?.value ?? '');
}

function report({ empty, fetch, upload }: Awaited<ReturnType<typeof measure>>): string {
  const row = (title: string, times: readonly Times[], key: keyof Times): string => {
    const ratio = interval(times.map((one, at) => one[key] / (empty[at]?.[key] ?? Number.NaN)));
    const cells = [title, showMilliseconds(median(times.map((one) => one[key]))), showInterval(ratio)];
    return `| ${cells.join(' | ')} |`;
  };
  const table = (key: keyof Times): string =>
    [
      '| step | median | to the empty one, 95 % interval |',
      '|---|---|---|',
      row('empty: `node --eval ""`', empty, key),
      row('`cache-fetch`, all there already', fetch, key),
      row('`cache-upload`, unchanged', upload, key),
    ].join('\n');
  return `# Steps with nothing to do

TaskRuns of one step, ${empty.length} of each, in turning order, of the same image; 100 files on a claim. \`npm run bench:steps\` measures it anew.

## The container

From its start to its exit, by containerd's events. Goal: at most ${GOAL} times the empty one. Tekton's entrypoint is in it, which waits for the pod to be ready.

${table('container')}

## The program alone

From the moment Tekton's entrypoint starts it to the exit of the container.

${table('program')}
`;
}

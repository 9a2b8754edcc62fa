import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Cluster } from '../cluster/cluster.ts';
import type { KubeObject, NewObject } from '../kube/kube-api.ts';
import { downloads, readAccessLog } from '../mirror/access-log.ts';
import { readObjects } from '../product/yaml-files.ts';

/** What one run of the sample pipeline did. */
export interface SampleRun {
  readonly name: string;
  /** Seconds from its creation to its end. */
  readonly seconds: number;
  /** Seconds by pipeline task. */
  readonly tasks: Readonly<Record<string, number>>;
  /** Results by pipeline task and name. */
  readonly results: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Packages that came from the mirror. */
  readonly downloads: number;
}

interface RunObject extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly results?: readonly { readonly name: string; readonly value: string }[];
    readonly childReferences?: readonly {
      readonly kind: string;
      readonly apiVersion: string;
      readonly name: string;
      readonly pipelineTaskName: string;
    }[];
  };
}

const SAMPLE = 'samples/nodejs';
const PIPELINE_RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' };

/** Brings the sample's project and Pipeline into a namespace. */
export const prepareSample = async ({ api }: Cluster, namespace: string): Promise<void> => {
  const folder = join(import.meta.dirname, '..', '..', '..', SAMPLE, 'app');
  const data: Record<string, string> = {};
  for (const name of await readdir(folder)) data[name] = await readFile(join(folder, name), 'utf8');
  await api.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'sample-app', namespace }, data });
  for (const object of await readObjects(`${SAMPLE}/pipeline.yaml`)) {
    await api.apply({ ...withoutTarget(object), metadata: { ...object.metadata, namespace } });
  }
};

/** Caches without a target go to the registry of the installation. */
const withoutTarget = (object: NewObject): NewObject =>
  JSON.parse(JSON.stringify(object), (_, value: unknown) =>
    Array.isArray(value) ? value.filter((item: unknown) => !isAboutTarget(item)) : value,
  );

const isAboutTarget = (item: unknown): boolean =>
  typeof item === 'object' &&
  item !== null &&
  'name' in item &&
  ['target', 'cache', 'insecure'].includes(String(item.name));

interface SampleRunOptions {
  readonly namespace: string;
  readonly name: string;
  /** Image with Node.js and npm. */
  readonly image: string;
}

/** Creates the sample's PipelineRun, waits for its end, and gathers what it did. Throws when it did not succeed. */
export const runSample = async (cluster: Cluster, options: SampleRunOptions): Promise<SampleRun> => {
  const { api, state } = cluster;
  const { namespace, name } = options;
  const before = await downloadsSoFar(cluster);
  const [object] = await readObjects(`${SAMPLE}/pipelinerun.yaml`);
  await api.create(pipelineRun(object, options, state.local?.mirror));
  const isDone = ({ status }: RunObject): boolean => ['True', 'False'].includes(status?.conditions?.[0]?.status ?? '');
  const run = await api.waitFor<RunObject>({ ...PIPELINE_RUN, name, namespace }, isDone, 300_000);
  const condition = run.status?.conditions?.[0];
  if (condition?.status !== 'True') throw new Error(`PipelineRun ${name}: ${condition?.reason}: ${condition?.message}`);

  const tasks: Record<string, number> = {};
  const results: Record<string, Record<string, string>> = {};
  for (const { apiVersion, kind, name: child, pipelineTaskName } of run.status?.childReferences ?? []) {
    const { status } = await api.get<RunObject>({ apiVersion, kind, namespace, name: child });
    tasks[pipelineTaskName] = secondsBetween(status?.startTime, status?.completionTime);
    results[pipelineTaskName] = Object.fromEntries(
      (status?.results ?? []).map((result) => [result.name, result.value]),
    );
  }
  const seconds = secondsBetween(run.metadata.creationTimestamp, run.status?.completionTime);
  return { name, seconds, tasks, results, downloads: (await downloadsSoFar(cluster)) - before };
};

const downloadsSoFar = async ({ state }: Cluster): Promise<number> =>
  state.local === undefined ? 0 : downloads(await readAccessLog(state.local.mirrorLog)).length;

const secondsBetween = (from = '', to = ''): number => (Date.parse(to) - Date.parse(from)) / 1000;

/** The sample as it stands, with what is different on this cluster: its packages, its image. */
const pipelineRun = (
  object: NewObject | undefined,
  { namespace, name, image }: SampleRunOptions,
  mirror: string | undefined,
): NewObject => {
  if (object === undefined) throw new Error(`${SAMPLE}/pipelinerun.yaml is empty`);
  const { spec } = object;
  const env = mirror === undefined ? [] : [{ name: 'npm_config_registry', value: `${mirror}/npm/` }];
  return {
    ...object,
    metadata: { name, namespace },
    spec: {
      ...(typeof spec === 'object' ? spec : {}),
      params: [{ name: 'image', value: image }],
      taskRunTemplate: {
        podTemplate: { env, securityContext: { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 } },
      },
    },
  };
};

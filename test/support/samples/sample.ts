import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { KubeApi, NewObject } from '../kube/kube-api.ts';
import { readObjects } from '../product/yaml-files.ts';
import type { Way } from './way.ts';

const FOLDER = 'samples/golang';
const REGISTRY = 'registry.example.com/caches';

/** What is different from how the sample is written, on this cluster. */
export interface Surroundings {
  readonly namespace: string;
  /** Image with Go. */
  readonly goImage: string;
  /** Image of tekton-cache. */
  readonly image: string;
  /** Registry as pods name it. */
  readonly registry: string;
  /** Go module proxy. */
  readonly proxy: string;
}

/** Brings the project, the Tasks, the Pipeline and the StepActions into a namespace. */
export const prepareSample = async (api: KubeApi, { namespace, image }: Surroundings): Promise<void> => {
  const folder = join(import.meta.dirname, '..', '..', '..', FOLDER, 'app');
  const data: Record<string, string> = {};
  for (const name of await readdir(folder)) data[name] = await readFile(join(folder, name), 'utf8');
  await api.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'golang-app', namespace }, data });
  const files = ['task-checkout', 'task-golang-build', 'pipeline'].map((name) => `${FOLDER}/${name}.yaml`);
  for (const file of files) await applyAll(api, namespace, await readObjects(file));
  for (const name of ['cache-fetch', 'cache-upload']) {
    const stepActions = await readObjects(`manifests/stepactions/${name}.yaml`);
    await applyAll(
      api,
      namespace,
      stepActions.map((object) => ({ ...object, spec: { ...fieldsOf(object.spec), image } })),
    );
  }
};

/** Applies what a way needs, and returns its PipelineRun as it is to be created under `name`. */
export const prepareWay = async (
  api: KubeApi,
  { name: way }: Way,
  { name, surroundings }: { readonly name: string; readonly surroundings: Surroundings },
): Promise<NewObject> => {
  const objects = await readObjects(`${FOLDER}/${way}.yaml`);
  await applyAll(
    api,
    surroundings.namespace,
    objects.filter(({ kind }) => kind !== 'PipelineRun'),
  );
  const run = objects.find(({ kind }) => kind === 'PipelineRun');
  if (run === undefined) throw new Error(`${FOLDER}/${way}.yaml has no PipelineRun`);
  return fitted(run, { way, name, surroundings });
};

const applyAll = async (api: KubeApi, namespace: string, objects: readonly NewObject[]): Promise<void> => {
  for (const object of objects) await api.apply({ ...object, metadata: { ...object.metadata, namespace } });
};

/** The PipelineRun with the registry, the module proxy and the image of this cluster; each way has repositories of its own. */
export const fitted = (
  object: NewObject,
  options: { readonly way: string; readonly name: string; readonly surroundings: Surroundings },
): NewObject => {
  const { registry, namespace, goImage, proxy } = options.surroundings;
  const repository = `${registry}/${namespace}/${options.way}`;
  const run: NewObject = JSON.parse(JSON.stringify(object).replaceAll(REGISTRY, repository));
  const spec = fieldsOf(run.spec);
  const reference = fieldsOf(spec.pipelineRef);
  const podTemplate = fieldsOf(fieldsOf(spec.taskRunTemplate).podTemplate);
  const insecure = { name: 'insecure', value: 'true' };
  const isResolved = reference.resolver !== undefined;
  return {
    ...run,
    metadata: { name: options.name, namespace },
    spec: {
      ...spec,
      pipelineRef: isResolved ? { ...reference, params: [...listOf(reference.params), insecure] } : reference,
      params: [
        ...listOf(spec.params),
        ...(isResolved ? [] : [insecure]),
        { name: 'flags', value: '-x' },
        { name: 'image', value: goImage },
      ],
      taskRunTemplate: { podTemplate: { ...podTemplate, env: [{ name: 'GOPROXY', value: proxy }] } },
    },
  };
};

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { KubeApi, NewObject } from '../../kube/kube-api.ts';
import { installStepActions } from '../../product/task-runs.ts';
import { readObjects } from '../../product/yaml-files.ts';
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
  /** Image with git. */
  readonly gitImage: string;
  /** Git repository with the project. */
  readonly url: string;
}

/** The files of the project, by path. */
export const readProject = async (): Promise<Readonly<Record<string, string>>> => {
  const folder = join(import.meta.dirname, '..', '..', '..', '..', FOLDER, 'app');
  const files: Record<string, string> = {};
  for (const name of await readdir(folder)) files[name] = await readFile(join(folder, name), 'utf8');
  return files;
};

/** Brings the Tasks, the Pipeline and the StepActions into a namespace. */
export const prepareSample = async (api: KubeApi, { namespace, image }: Surroundings): Promise<void> => {
  const files = ['task-git-clone', 'task-golang-build', 'pipeline', 'plain'].map((name) => `${FOLDER}/${name}.yaml`);
  for (const file of files) await applyAll(api, namespace, await readObjects(file));
  await installStepActions(api, namespace, image);
};

interface FittingOptions {
  /** Of the PipelineRun. */
  readonly name: string;
  /** Part of the names of its repositories: runs with the same one share their entries. */
  readonly repository: string;
  readonly surroundings: Surroundings;
}

/** Applies what a way needs, and returns its PipelineRun as it is to be created under `name`. */
export const prepareWay = async (
  api: KubeApi,
  { name: way }: Way,
  options: FittingOptions,
): Promise<NewObject> => {
  const objects = await readObjects(`${FOLDER}/${way}.yaml`);
  await applyAll(
    api,
    options.surroundings.namespace,
    objects.filter(({ kind }) => kind !== 'PipelineRun'),
  );
  const run = objects.find(({ kind }) => kind === 'PipelineRun');
  if (run === undefined) throw new Error(`${FOLDER}/${way}.yaml has no PipelineRun`);
  return fitted(run, options);
};

const applyAll = async (api: KubeApi, namespace: string, objects: readonly NewObject[]): Promise<void> => {
  for (const object of objects) await api.apply({ ...object, metadata: { ...object.metadata, namespace } });
};

/** The PipelineRun with the registry, the git repository, the module proxy and the images of this cluster. */
export const fitted = (object: NewObject, { name, repository, surroundings }: FittingOptions): NewObject => {
  const { registry, namespace, goImage, gitImage, proxy, url } = surroundings;
  const target = `${registry}/${namespace}/${repository}`;
  const run: NewObject = JSON.parse(JSON.stringify(object).replaceAll(REGISTRY, target));
  const spec = fieldsOf(run.spec);
  const reference = fieldsOf(spec.pipelineRef);
  const podTemplate = fieldsOf(fieldsOf(spec.taskRunTemplate).podTemplate);
  const insecure = { name: 'insecure', value: 'true' };
  const isResolved = reference.resolver !== undefined;
  return {
    ...run,
    metadata: { name, namespace },
    spec: {
      ...spec,
      pipelineRef: isResolved ? { ...reference, params: [...listOf(reference.params), insecure] } : reference,
      params: [
        ...listOf(spec.params).filter((param) => fieldsOf(param).name !== 'url'),
        { name: 'url', value: url },
        { name: 'git-image', value: gitImage },
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

import type { NewObject } from '../../kube/kube-api.ts';
import { paramsOf } from '../../product/runs.ts';

/** What the YAML of samples says, and what a user replaces. */
export const PLACES = {
  registry: 'registry.example.com/caches',
  project: 'https://git.example.com/app.git',
} as const;

const GROUP = 'cache.tekton.dev/';
const USER = { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532 };
const INSECURE = { name: 'insecure', value: 'true' };

/** The object with other texts for some that it has, anywhere in it. */
export const withTexts = (object: NewObject, texts: Readonly<Record<string, string>>): NewObject => {
  const replaced: NewObject = JSON.parse(
    Object.entries(texts).reduce((json, [from, to]) => json.replaceAll(from, to), JSON.stringify(object)),
  );
  return replaced;
};

/** A Pipeline whose custom tasks of ours may speak to a registry without TLS; other objects as they are. */
export const withoutTls = (object: NewObject): NewObject => {
  const { tasks, finally: last, ...spec } = fieldsOf(object['spec']);
  if (object.kind !== 'Pipeline') return object;
  return {
    ...object,
    spec: { ...spec, tasks: listOf(tasks).map(ofCustomTask), finally: listOf(last).map(ofCustomTask) },
  };
};

const ofCustomTask = (task: unknown): unknown => {
  const { params, ...fields } = fieldsOf(task);
  const { apiVersion } = fieldsOf(fields['taskRef']);
  const isOurs = typeof apiVersion === 'string' && apiVersion.startsWith(GROUP);
  return isOurs ? { ...fields, params: [...listOf(params), INSECURE] } : task;
};

/** A task that is resolved by itself. */
const ofResolvedTask = (task: unknown): unknown => {
  const { taskRef, ...fields } = fieldsOf(task);
  const reference = fieldsOf(taskRef);
  return reference['resolver'] === 'cache' ? { ...fields, taskRef: withInsecure(reference) } : task;
};

const withInsecure = (reference: Fields): Fields => ({
  ...reference,
  params: [...listOf(reference['params']), INSECURE],
});

export interface RunOptions {
  readonly name: string;
  readonly namespace: string;
  /** Variables of all steps. */
  readonly environment: Readonly<Record<string, string>>;
  /** Further params of the run. */
  readonly params?: Readonly<Record<string, string>>;
}

/** The PipelineRun as it is created here: under a name, by a user who owns the volumes, with the variables. */
export const asRun = (run: NewObject, options: RunOptions): NewObject => {
  const { name, namespace, environment, params = {} } = options;
  const spec = fieldsOf(run['spec']);
  const env = Object.entries(environment).map(([variable, value]) => ({ name: variable, value }));
  return {
    ...run,
    metadata: { name, namespace },
    spec: {
      ...spec,
      ...pipelineOf(spec),
      params: [...listOf(spec['params']).filter((param) => !(nameOf(param) in params)), ...paramsOf(params)],
      taskRunTemplate: { ...fieldsOf(spec['taskRunTemplate']), podTemplate: { env, securityContext: USER } },
    },
  };
};

/** The Pipeline that a run names, or has in itself. */
const pipelineOf = ({ pipelineRef, pipelineSpec }: Fields): Fields => {
  if (pipelineRef === undefined) {
    const { tasks, ...embedded } = fieldsOf(pipelineSpec);
    return { pipelineSpec: { ...embedded, tasks: listOf(tasks).map(ofResolvedTask) } };
  }
  const reference = fieldsOf(pipelineRef);
  return { pipelineRef: reference['resolver'] === undefined ? reference : withInsecure(reference) };
};

const nameOf = (param: unknown): string => String(fieldsOf(param)['name']);

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown): Fields => (typeof value === 'object' && value !== null ? { ...value } : {});
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

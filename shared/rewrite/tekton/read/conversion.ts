/**
 * v1beta1 to v1, as a table of the fields that differ; all others are the same in both.
 *
 * Tekton's conversion: https://github.com/tektoncd/pipeline/tree/v1.15.0/pkg/apis/pipeline/v1beta1 (*_conversion.go)
 */
import { invalidParams } from '../../../errors.ts';
import { isList, isObject, withoutNulls } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { TEKTON_V1 } from '../tekton.ts';

type Change = (value: Json, name: string, object: JsonObject) => JsonObject;
type Table = Readonly<Record<string, Change>>;

const drop: Change = () => ({});
const rename =
  (to: string): Change =>
  (value) => ({ [to]: value });
const refuse =
  (why: string): Change =>
  (value, name) => {
    if (isList(value) && value.length === 0) return {};
    throw invalidParams(`\`${name}\` of v1beta1 has no form in v1: ${why}`);
  };
const within =
  (table: Table): Change =>
  (value, name) => ({ [name]: isObject(value) ? convert(value, table) : value });
const each =
  (table: Table): Change =>
  (value, name) => ({
    [name]: isList(value) ? value.map((item) => (isObject(item) ? convert(item, table) : item)) : value,
  });

const NO_RESOURCES = 'PipelineResources are gone; use params, results and workspaces.';

/** Container fields that steps once had and that Tekton no longer honours. */
const DEPRECATED: Table = {
  ports: drop,
  livenessProbe: drop,
  readinessProbe: drop,
  startupProbe: drop,
  lifecycle: drop,
  terminationMessagePath: drop,
  terminationMessagePolicy: drop,
  stdin: drop,
  stdinOnce: drop,
  tty: drop,
};
const STEP: Table = { ...DEPRECATED, resources: rename('computeResources') };
const STEP_TEMPLATE: Table = { ...STEP, name: drop };
const SIDECAR: Table = { resources: rename('computeResources') };

const TASK_SPEC: Table = {
  resources: refuse(NO_RESOURCES),
  steps: each(STEP),
  stepTemplate: within(STEP_TEMPLATE),
  sidecars: each(SIDECAR),
};

const TASK_REF: Table = {
  bundle: (bundle, _name, ref) => ({
    resolver: 'bundles',
    params: [
      { name: 'bundle', value: bundle },
      { name: 'name', value: ref['name'] ?? '' },
      { name: 'kind', value: 'task' },
    ],
  }),
  name: (value, name, ref) => (typeof ref['bundle'] === 'string' ? {} : { [name]: value }),
  kind: (value, name, ref) => {
    if (value === 'ClusterTask') {
      return refuse('ClusterTasks are gone; use `resolver: cluster`.')(value, 'taskRef.kind: ClusterTask', ref);
    }
    return typeof ref['bundle'] === 'string' ? {} : { [name]: value };
  },
};

const PIPELINE_TASK: Table = {
  conditions: refuse('use `when`.'),
  resources: refuse(NO_RESOURCES),
  taskRef: within(TASK_REF),
  taskSpec: within(TASK_SPEC),
};

const PIPELINE_SPEC: Table = {
  resources: refuse(NO_RESOURCES),
  tasks: each(PIPELINE_TASK),
  finally: each(PIPELINE_TASK),
};

const SPECS: ReadonlyMap<string, Table> = new Map([
  ['Pipeline', PIPELINE_SPEC],
  ['Task', TASK_SPEC],
]);

/** The document in v1. Throws InvalidParams for another group, version or kind, and for what v1 cannot say. */
export function toV1(given: JsonObject): JsonObject {
  const document = withoutNulls(given);
  const { apiVersion, kind, spec } = document;
  const table = typeof kind === 'string' ? SPECS.get(kind) : undefined;
  if (table === undefined || (apiVersion !== TEKTON_V1 && apiVersion !== 'tekton.dev/v1beta1')) {
    throw invalidParams(
      `Got apiVersion ${JSON.stringify(apiVersion)}, kind ${JSON.stringify(kind)}; ` +
        'wanted a Pipeline or Task of tekton.dev/v1 or v1beta1.',
    );
  }
  if (apiVersion === TEKTON_V1 || !isObject(spec)) return { ...document, apiVersion: TEKTON_V1 };
  return { ...document, apiVersion: TEKTON_V1, spec: convert(spec, table) };
}

function convert(object: JsonObject, table: Table): JsonObject {
  const fields = Object.entries(object).flatMap(([name, value]): [string, Json | undefined][] => {
    if (value === undefined || value === null) return [];
    // A field may have the name of a method of all objects.
    const change = Object.hasOwn(table, name) ? table[name] : undefined;
    return change === undefined ? [[name, value]] : Object.entries(change(value, name, object));
  });
  return Object.fromEntries(fields);
}

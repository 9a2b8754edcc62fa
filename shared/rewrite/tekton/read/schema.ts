import { invalidParams } from '../../../errors.ts';
import { isList, isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import type { Pipeline, Run, Task } from '../tekton.ts';

type Check = (value: Json | undefined, path: string) => void;

const text: Check = (value, path) => expectThat(typeof value === 'string', path, 'a string');
const flag: Check = (value, path) => expectThat(typeof value === 'boolean', path, 'true or false');
const any: Check = (value, path) => expectThat(value !== undefined, path, 'there');

const optional =
  (check: Check): Check =>
  (value, path) => {
    if (value !== undefined && value !== null) check(value, path);
  };

const listOf =
  (check: Check): Check =>
  (value, path) => {
    expectThat(isList(value), path, 'a list');
    if (isList(value)) value.forEach((item, at) => check(item, `${path}[${at}]`));
  };

const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  (value, path) => {
    expectThat(isObject(value), path, 'an object');
    if (!isObject(value)) return;
    for (const [name, check] of Object.entries(fields)) check(value[name], path === '' ? name : `${path}.${name}`);
  };

const named = record({ name: text });
const params = optional(listOf(record({ name: text, value: any })));
const metadata = record({ name: optional(text), labels: optional(record({})), annotations: optional(record({})) });
const usages = optional(listOf(named));
const taskFields = {
  steps: optional(listOf(record({ name: optional(text), workspaces: usages, securityContext: optional(record({})) }))),
  sidecars: optional(listOf(record({ workspaces: usages }))),
  stepTemplate: optional(record({ securityContext: optional(record({})) })),
  volumes: optional(listOf(named)),
  workspaces: optional(
    listOf(record({ name: text, mountPath: optional(text), readOnly: optional(flag), optional: optional(flag) })),
  ),
};
const pipelineTasks = listOf(
  record({
    name: text,
    taskRef: optional(record({ name: optional(text), apiVersion: optional(text), resolver: optional(text), params })),
    taskSpec: optional(record({ ...taskFields, apiVersion: optional(text), metadata: optional(metadata) })),
    runAfter: optional(listOf(text)),
    params,
    when: optional(listOf(record({}))),
    matrix: optional(record({ params, include: optional(listOf(record({}))) })),
    workspaces: optional(listOf(record({ name: text, workspace: optional(text), subPath: optional(text) }))),
  }),
);
const PIPELINE = record({
  metadata,
  spec: record({
    params: optional(listOf(named)),
    workspaces: optional(listOf(named)),
    tasks: pipelineTasks,
    finally: optional(pipelineTasks),
  }),
});
const TASK = record({ metadata, spec: record(taskFields) });
const RUN = record({
  metadata: record({ name: optional(text), uid: optional(text), annotations: optional(record({})) }),
  spec: record({ params, workspaces: usages, taskRunSpecs: optional(listOf(record({}))) }),
});

/** Holds a document against what rewriting relies on; a sentence names the first field that is not so. */
export function isPipeline(document: JsonObject): document is Pipeline {
  return wellFormed(document, 'Pipeline', PIPELINE);
}

export function isTask(document: JsonObject): document is Task {
  return wellFormed(document, 'Task', TASK);
}

export function isRun(document: JsonObject): document is Run {
  const { kind } = document;
  return wellFormed(document, kind === 'TaskRun' ? 'TaskRun' : 'PipelineRun', RUN);
}

/** False for another kind; throws for a document of the kind that is not well-formed. */
function wellFormed(document: JsonObject, kind: string, check: Check): boolean {
  if (document['kind'] !== kind) return false;
  try {
    check(document, '');
    return true;
  } catch (error) {
    if (!(error instanceof Misfit)) throw error;
    throw invalidParams(`The ${kind} is not well-formed: ${error.message}`);
  }
}

class Misfit extends Error {}

function expectThat(holds: boolean, path: string, what: string): void {
  if (!holds) throw new Misfit(`\`${path}\` is not ${what}.`);
}

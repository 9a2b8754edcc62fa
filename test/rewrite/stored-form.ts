/**
 * Documents as the API server stores them: Tekton's webhook reads and writes each, so that fields which nobody has written are there with
 * nothing in them (`name: ""` of a step). What comes through Git or a bundle is as it was written. Both mean the same.
 */
import { isList, isObject } from '../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../shared/rewrite/json/json.ts';

/** Fields that Go writes although they are empty (`json:"name"` without `omitempty`), by the list that the object is in. */
const STORED: Readonly<Record<string, JsonObject>> = {
  steps: { name: '', computeResources: {} },
  sidecars: { name: '', computeResources: {} },
  usages: { mountPath: '' },
};

export function asStored(document: JsonObject): JsonObject {
  return inTasks(document, (spec) => ({
    ...spec,
    ...(isObject(spec['stepTemplate']) ? { stepTemplate: { computeResources: {}, ...spec['stepTemplate'] } } : {}),
    ...mapList(spec, 'steps', (step) => ({ ...STORED['steps'], ...mapUsages(step) })),
    ...mapList(spec, 'sidecars', (sidecar) => ({ ...STORED['sidecars'], ...mapUsages(sidecar) })),
  }));
}

/** Without the fields that hold nothing: equal for what means the same. */
export function asWritten(value: Json): Json {
  if (isList(value)) return value.map(asWritten);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, given]) => {
    const item = asWritten(given ?? '');
    return item === '' || (isObject(item) && Object.keys(item).length === 0) ? [] : [[name, item] as const];
  });
  return Object.fromEntries(kept);
}

function mapUsages(part: JsonObject): JsonObject {
  return { ...part, ...mapList(part, 'workspaces', (usage) => ({ ...STORED['usages'], ...usage })) };
}

function mapList(object: JsonObject, name: string, change: (item: JsonObject) => JsonObject): JsonObject {
  const list = object[name];
  return isList(list) ? { [name]: list.map((item) => (isObject(item) ? change(item) : item)) } : {};
}

/** Changes the spec of a Task, or of each Task that is embedded in a Pipeline. */
export function inTasks(document: JsonObject, change: (spec: JsonObject) => JsonObject): JsonObject {
  const { spec } = document;
  if (!isObject(spec)) return document;
  if (document['kind'] === 'Task') return { ...document, spec: change(spec) };
  const embedded = (task: JsonObject): JsonObject =>
    isObject(task['taskSpec'])
      ? { ...task, taskSpec: { spec: null, metadata: {}, ...change(task['taskSpec']) } }
      : task;
  return { ...document, spec: { ...spec, ...mapList(spec, 'tasks', embedded), ...mapList(spec, 'finally', embedded) } };
}

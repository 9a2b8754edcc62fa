import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import { toV1 } from '../../shared/rewrite/tekton/read/conversion.ts';
import { isJson, isObject } from '../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../shared/rewrite/json/json.ts';
import { lineDiff } from '../../shared/rewrite/json/line-diff.ts';
import type { Resolver } from '../../shared/rewrite/tekton/read/reference.ts';
import { resolve, whatToRead } from '../../shared/rewrite/resolve.ts';
import type { RewriteSettings } from '../../shared/rewrite/resolve.ts';
import { writtenPipeline } from '../../shared/rewrite/ask/written-pipeline.ts';
import { writtenReference } from '../../shared/rewrite/ask/written-reference.ts';
import { isRun } from '../../shared/rewrite/tekton/read/schema.ts';
import type { Pipeline, Run, Task } from '../../shared/rewrite/tekton/tekton.ts';

/** A row of the table: what is asked, by whom, about what; and what becomes of it. */
export interface RewriteCase {
  /** The rule or trap that the row is about. */
  readonly about: string;
  readonly resolver: Resolver;
  readonly params: Readonly<Record<string, Json>>;
  /** Of the run: its workspaces and what else matters; names are filled in. */
  readonly run: JsonObject;
  /** The Pipeline's or Task's document; absent with `pipelinespec`. */
  readonly document?: JsonObject;
  /** The Tasks that late references lead to, by name. */
  readonly tasks?: Readonly<Record<string, JsonObject>>;
  /** The sentence, or a part of it. */
  readonly refused?: string;
  /** What changes, as a diff of the YAML. */
  readonly diff?: string;
  /** The same for each late Task. */
  readonly late?: Readonly<Record<string, string>>;
}

export const SETTINGS: RewriteSettings = {
  image: 'registry.example/tekton-cache@sha256:0000',
  resources: { requests: { memory: '64Mi' } },
};

export function readCases(file: URL): Record<string, RewriteCase> {
  return parse(readFileSync(file, 'utf8')) as Record<string, RewriteCase>;
}

/** A whole run from the part that a case has. */
export function runOf({ run }: RewriteCase): Run {
  const { metadata, spec, kind, ...rest } = run;
  const document = {
    apiVersion: 'tekton.dev/v1',
    kind: kind ?? 'PipelineRun',
    metadata: { name: 'run', namespace: 'ns', uid: 'uid', ...(isObject(metadata) ? metadata : {}) },
    spec: isObject(spec) ? spec : rest,
  };
  if (!isRun(document)) throw new Error('not a run');
  return document;
}

/** What is rewritten: the case's document, or what its params hold. */
export function documentOf(row: RewriteCase): JsonObject {
  const { resolver, params, document } = row;
  const asked = { resolver, params };
  const reference = whatToRead(asked);
  if (reference?.by === 'text') writtenReference(reference, asked, runOf(row));
  const found = reference?.by === 'spec' ? writtenPipeline(asked, runOf(row)) : document;
  if (found === undefined) throw new Error('The case has no document.');
  return found;
}

export function resolveCase(row: RewriteCase): Pipeline | Task {
  const { resolver, params } = row;
  return resolve({ resolver, params, run: runOf(row), document: documentOf(row), settings: SETTINGS });
}

/** The Task that Tekton gets for a late reference in a rewritten Pipeline. */
export function resolveLate(
  row: RewriteCase,
  pipeline: Pipeline,
  name: string,
): { before: JsonObject; after: Task | Pipeline } {
  const task = [...pipeline.spec.tasks, ...(pipeline.spec.finally ?? [])].find((one) => one.name === name);
  const { resolver, params = [] } = task?.taskRef ?? {};
  if (resolver !== 'cache' && resolver !== 'wrap') throw new Error(`Task ${name} has no late reference.`);
  const asked = Object.fromEntries(params.map((param) => [param.name, param.value]));
  const reference = whatToRead({ resolver, params: asked });
  const document = reference === undefined ? undefined : row.tasks?.[name];
  const before = document ?? {};
  return { before, after: resolve({ resolver, params: asked, run: runOf(row), document, settings: SETTINGS }) };
}

export function diffOf(before: JsonObject, after: JsonObject): string {
  return lineDiff(yaml(v1(before)), yaml(after));
}

function v1(document: JsonObject): JsonObject {
  const { metadata, spec } = document['kind'] === undefined ? document : toV1(document);
  return { metadata, spec };
}

function yaml({ metadata, spec }: JsonObject): string {
  const text = stringify(withoutNoise({ metadata, spec }) ?? {}, { lineWidth: 0, aliasDuplicateObjects: false });
  return text.replace(/^{}\n$/, '').trimEnd();
}

/** What every step of ours has in the same way is tested once, and left out here. */
function withoutNoise(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item: Json) => withoutNoise(item) ?? null);
  if (!isObject(value)) return value;
  const ours = value['image'] === SETTINGS.image;
  const kept = Object.entries(value).filter(([name]) => !(ours && NOISE.includes(name)));
  const plain = Object.fromEntries(kept.map(([name, item]) => [name, planned(name, item)]));
  return isJson(plain) ? plain : undefined;
}

const NOISE = ['image', 'command', 'env', 'workingDir', 'computeResources', 'results'];

/** The plan of a late reference, as what it is. */
function planned(name: string, item: Json | undefined): Json | undefined {
  if (name !== 'value' || typeof item !== 'string' || !item.startsWith('{"version"')) return withoutNoise(item);
  const plan: unknown = JSON.parse(item);
  return isJson(plan) ? plan : item;
}

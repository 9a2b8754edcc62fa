/** Tekton's own examples with PipelineRuns that have workspaces, from the pinned module. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

import { isJson, isObject } from '../../shared/rewrite/json/json.ts';
import type { JsonObject } from '../../shared/rewrite/json/json.ts';
import { isRun } from '../../shared/rewrite/tekton/read/schema.ts';
import type { Run } from '../../shared/rewrite/tekton/tekton.ts';
import { runCommand } from '../support/command.ts';

const LIST = new URL('tekton-examples.yaml', import.meta.url);
const VOLUMES = ['emptyDir', 'persistentVolumeClaim', 'volumeClaimTemplate'];

export interface Example {
  /** The file, below the module. */
  readonly name: string;
  readonly run: Run;
  /** With everything declared. */
  readonly pipeline: JsonObject;
  /** What the run embeds, as it is. */
  readonly embedded?: JsonObject;
  /** Those that are on a claim or an emptyDir. */
  readonly workspaces: readonly string[];
  /** What the file has besides: Tasks, claims, secrets. */
  readonly others: readonly JsonObject[];
}

export async function readTektonExamples(): Promise<readonly Example[]> {
  const module = 'github.com/tektoncd/pipeline';
  const directory = await runCommand('go', ['list', '-C', 'test/tools/tekton', '-m', '-f', '{{.Dir}}', module]);
  const files = parse(readFileSync(LIST, 'utf8')) as readonly string[];
  return files.flatMap((file) => readExamples(file, readFileSync(join(directory.trim(), file), 'utf8')));
}

/** The runs in a file with the Pipelines that they embed, or refer to by name. */
function readExamples(file: string, text: string): Example[] {
  const documents = parseAllDocuments(text)
    .map((document): unknown => document.toJS())
    .filter((one) => isObject(one) && isJson(one));
  return documents.flatMap((document) => {
    if (!isObject(document) || document['kind'] !== 'PipelineRun') return [];
    const run = withNames(document);
    if (!isRun(run)) return [];
    const { pipelineSpec, pipelineRef } = run.spec;
    const named = documents.find(
      (one) =>
        isObject(one) &&
        one['kind'] === 'Pipeline' &&
        isObject(one['metadata']) &&
        isObject(pipelineRef) &&
        one['metadata']['name'] === pipelineRef['name'],
    );
    const embedded: JsonObject = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name: 'p' },
      spec: isObject(pipelineSpec) ? lifted(pipelineSpec, run) : undefined,
    };
    const pipeline = isObject(pipelineSpec) ? embedded : named;
    if (!isObject(pipeline)) return [];
    const workspaces = (run.spec.workspaces ?? [])
      .filter((binding) => VOLUMES.some((volume) => binding[volume] !== undefined))
      .map(({ name }) => name);
    const others = documents.filter(
      (one) => isObject(one) && one !== document && one !== named && one['kind'] !== 'PipelineRun',
    );
    return workspaces.length === 0
      ? []
      : [
          {
            name: file,
            run,
            pipeline,
            ...(isObject(pipelineSpec) ? { embedded: pipelineSpec } : {}),
            workspaces,
            others: others.filter(isObject),
          },
        ];
  });
}

/** A Pipeline has to declare what an embedded spec gets from its run. */
function lifted(spec: JsonObject, run: Run): JsonObject {
  const { params, workspaces } = spec;
  const missing = <T extends { readonly name: string }>(declared: unknown, given: readonly T[] = []): T[] =>
    given.filter(
      ({ name }) => !(Array.isArray(declared) ? declared : []).some((one) => isObject(one) && one['name'] === name),
    );
  const newParams = missing(params, run.spec.params).map(({ name, value }) => ({
    name,
    type: Array.isArray(value) ? 'array' : 'string',
  }));
  const newWorkspaces = missing(workspaces, run.spec.workspaces).map(({ name }) => ({ name }));
  return {
    ...spec,
    params: [...(Array.isArray(params) ? params : []), ...newParams],
    workspaces: [...(Array.isArray(workspaces) ? workspaces : []), ...newWorkspaces],
  };
}

function withNames(document: JsonObject): JsonObject {
  return { ...document, metadata: { name: 'run', namespace: 'ns', uid: 'uid' } };
}

/** The same run with new, empty directories where it has volumes. */
export function onEmptyDirs(run: Run): Run {
  const workspaces = (run.spec.workspaces ?? []).map((binding) => {
    const { name } = binding;
    const isVolume = VOLUMES.some((volume) => binding[volume] !== undefined);
    return isVolume ? { name, emptyDir: {} } : binding;
  });
  return { ...run, spec: { ...run.spec, workspaces } };
}

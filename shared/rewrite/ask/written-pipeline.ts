import { isList, isObject, strings } from '../json/json.ts';
import type { Json, JsonObject } from '../json/json.ts';
import { embeddedPipeline } from '../tekton/read/reference.ts';
import { paramReplacements, substitute } from '../tekton/pipeline/substitution.ts';
import type { Param, Run } from '../tekton/tekton.ts';
import { writtenText } from './written-param.ts';
import type { Asked } from './written-param.ts';

/**
 * The Pipeline of `pipelinespec`. What it declares is replaced by Tekton in what it gets, other params of the run here. What an
 * embedded `pipelineSpec` has from its run without a word, a Pipeline has to declare: workspaces and params.
 */
export function writtenPipeline(asked: Asked, run: Run): JsonObject {
  const text = writtenText('pipelinespec', asked, run);
  const document = embeddedPipeline(text ?? asked.params['pipelinespec'] ?? null);
  const undeclared = (run.spec.params ?? []).filter(({ name }) => !declaredNames(document, 'params').has(name));
  // In a text that Tekton has replaced variables in, none of these is left.
  const texts = undeclared.filter(({ value }) => typeof value === 'string');
  const replaced = text === undefined ? document : substitute(document, paramReplacements(texts));
  return declare(isObject(replaced) ? replaced : document, undeclared, run);
}

function declare(document: JsonObject, undeclared: readonly Param[], run: Run): JsonObject {
  const { spec } = document;
  if (!isObject(spec)) return document;
  const used = [...strings(spec)].join('\n');
  const params = undeclared.filter(({ name }) => mentions(used, name));
  const known = declaredNames(document, 'workspaces');
  const bound = new Set(boundWorkspaces(spec));
  const workspaces = (run.spec.workspaces ?? []).filter(({ name }) => bound.has(name) && !known.has(name));
  return {
    ...document,
    spec: {
      ...spec,
      ...(params.length === 0 ? {} : { params: [...listOf(spec['params']), ...params.map(declaration)] }),
      ...(workspaces.length === 0
        ? {}
        : { workspaces: [...listOf(spec['workspaces']), ...workspaces.map(({ name }) => ({ name }))] }),
    },
  };
}

function mentions(text: string, param: string): boolean {
  return [`params.${param}`, `params["${param}"]`, `params['${param}']`].some((name) => text.includes(`$(${name}`));
}

function declaration({ name, value }: Param): JsonObject {
  if (!isObject(value)) return { name, type: isList(value) ? 'array' : 'string' };
  const keys = Object.keys(value).map((key) => [key, { type: 'string' }]);
  return { name, type: 'object', properties: Object.fromEntries(keys) };
}

function boundWorkspaces({ tasks, finally: last }: JsonObject): string[] {
  return [...listOf(tasks), ...listOf(last)].flatMap((task) =>
    isObject(task)
      ? listOf(task['workspaces']).flatMap((usage) => {
          const { name, workspace } = isObject(usage) ? usage : {};
          const found = workspace === undefined || workspace === '' ? name : workspace;
          return typeof found === 'string' ? [found] : [];
        })
      : [],
  );
}

function declaredNames({ spec }: JsonObject, field: string): ReadonlySet<string> {
  const names = listOf(isObject(spec) ? spec[field] : undefined).map((one) =>
    isObject(one) ? one['name'] : undefined,
  );
  return new Set(names.filter((name) => typeof name === 'string'));
}

function listOf(value: Json | undefined): readonly Json[] {
  return isList(value) ? value : [];
}

import { isList, isObject } from './json.ts';
import type { Json, JsonObject } from './json.ts';
import { embeddedPipeline, isParam } from './reference.ts';
import type { Resolver } from './reference.ts';
import { paramReplacements, substitute } from './substitution.ts';
import type { Run } from './tekton.ts';

/**
 * The Pipeline of `pipelinespec`. Tekton replaces variables in the params of a request as in any text, so that a value with a quote
 * or a line break would change the YAML around it: the run still has the text as it was written, and what the Pipeline declares is
 * replaced by Tekton in what it gets.
 */
export function writtenPipeline(value: Json, resolver: Resolver, run: Run): JsonObject {
  const text = textInRun(resolver, run);
  if (text === undefined) return embeddedPipeline(value);
  const document = embeddedPipeline(text);
  const declared = declaredParams(document);
  const others = (run.spec.params ?? []).filter(
    (param) => typeof param.value === 'string' && !declared.has(param.name),
  );
  const replaced = substitute(document, paramReplacements(others));
  return isObject(replaced) ? replaced : document;
}

/** Nothing where the run came to us by another way, or where all of the text is the value of a variable. */
function textInRun(resolver: Resolver, { kind, spec }: Run): string | undefined {
  const { pipelineRef } = spec;
  if (kind !== 'PipelineRun' || !isObject(pipelineRef) || pipelineRef['resolver'] !== resolver) return undefined;
  const { params } = pipelineRef;
  const param = isList(params) ? params.filter(isParam).find(({ name }) => name === 'pipelinespec') : undefined;
  const text = param?.value;
  return typeof text !== 'string' || /^\s*\$\([^()]*\)\s*$/.test(text) ? undefined : text;
}

function declaredParams({ spec }: JsonObject): ReadonlySet<string> {
  const params = isObject(spec) ? spec['params'] : undefined;
  const names = (isList(params) ? params : []).map((param) => (isObject(param) ? param['name'] : undefined));
  return new Set(names.filter((name) => typeof name === 'string'));
}

import { isList, isObject } from '../json/json.ts';
import type { JsonObject } from '../json/json.ts';
import { embeddedPipeline } from '../tekton/reference.ts';
import { paramReplacements, substitute } from '../tekton/substitution.ts';
import type { Run } from '../tekton/tekton.ts';
import { writtenText } from './written-param.ts';
import type { Asked } from './written-param.ts';

/** The Pipeline of `pipelinespec`. What it declares is replaced by Tekton in what it gets, other params of the run here. */
export function writtenPipeline(asked: Asked, run: Run): JsonObject {
  const text = writtenText('pipelinespec', asked, run);
  if (text === undefined) return embeddedPipeline(asked.params['pipelinespec'] ?? null);
  const document = embeddedPipeline(text);
  const declared = declaredParams(document);
  const others = (run.spec.params ?? []).filter(
    (param) => typeof param.value === 'string' && !declared.has(param.name),
  );
  const replaced = substitute(document, paramReplacements(others));
  return isObject(replaced) ? replaced : document;
}

function declaredParams({ spec }: JsonObject): ReadonlySet<string> {
  const params = isObject(spec) ? spec['params'] : undefined;
  const names = (isList(params) ? params : []).map((param) => (isObject(param) ? param['name'] : undefined));
  return new Set(names.filter((name) => typeof name === 'string'));
}

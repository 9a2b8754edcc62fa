import { invalidParams } from '../../errors.ts';
import { isList, isObject, strings } from '../json/json.ts';
import { runReplacements, substitute } from '../tekton/pipeline/substitution.ts';
import { isParam } from '../tekton/read/reference.ts';
import type { Resolver } from '../tekton/read/reference.ts';
import type { ResolverParams } from './resolver-params.ts';
import type { Run } from '../tekton/tekton.ts';

export interface Asked {
  readonly resolver: Resolver;
  readonly params: ResolverParams;
}

/** A variable in the text of a param. Tekton has no variables within variables. */
export const VARIABLE = /\$\([^()]*\)/g;

/**
 * The text of a param as it was written. Tekton replaces variables in the params of a request as in any text, so that a value with
 * a quote or a line break would change the YAML around it: the run still has the text.
 *
 * Returns undefined where the request is not for the run's own reference, or where all of the text is the value of a variable.
 */
export function writtenText(name: string, { resolver, params }: Asked, run: Run): string | undefined {
  const own = ownParams(resolver, run);
  const text = own[name];
  if (typeof text !== 'string' || /^\s*\$\([^()]*\)\s*$/.test(text) || !isOwnRequest(params, own)) return undefined;
  const value = params[name];
  if (typeof value === 'string' && couldBecome(text, value)) return text;
  throw invalidParams(
    `\`${name}\` is not the text in the run with values for its variables: a value holds a variable itself, or a Pipeline ` +
      'within this one asks with the same params.',
  );
}

/**
 * The params with the name of the Pipeline or Task in the places of its variable. Tekton asks before it knows that name, and puts nothing there: the
 * entries of all Pipelines would be one. The run still has the text.
 */
export function withOwnName({ resolver, params }: Asked, run: Run, name: string | undefined): ResolverParams {
  const own = ownParams(resolver, run);
  const variable = run.kind === 'PipelineRun' ? 'context.pipeline.name' : 'context.task.name';
  if (name === undefined || !isOwnRequest(params, own)) return params;
  const replacements = new Map([...runReplacements(run), [variable, name] as const]);
  const named = Object.entries(params).map(([param, value]) => {
    const text = own[param] ?? value;
    const isNamed = [...strings(text)].some((part) => part.includes(`$(${variable})`));
    return [param, isNamed ? substitute(text, replacements) : value] as const;
  });
  return Object.fromEntries(named);
}

function ownParams(resolver: Resolver, { kind, spec }: Run): ResolverParams {
  const reference = kind === 'PipelineRun' ? spec['pipelineRef'] : spec['taskRef'];
  if (!isObject(reference) || reference['resolver'] !== resolver) return {};
  const { params } = reference;
  const named = isList(params) ? params.filter(isParam) : [];
  return Object.fromEntries(named.map(({ name, value }) => [name, value]));
}

/** Requests for Pipelines and Tasks within a Pipeline have the same owner, but other params. */
function isOwnRequest(params: ResolverParams, own: ResolverParams): boolean {
  const names = Object.keys(own);
  return (
    names.length === Object.keys(params).length &&
    names.every((name) => Object.hasOwn(params, name) && (!isFixed(own[name]) || params[name] === own[name]))
  );
}

function isFixed(value: unknown): boolean {
  return typeof value === 'string' && !value.includes('$(');
}

/** True when the value holds the parts of the text between its variables, in this order. */
function couldBecome(text: string, value: string): boolean {
  const [first = '', ...parts] = text.split(VARIABLE);
  const last = parts.pop();
  if (last === undefined) return text === value;
  if (!value.startsWith(first)) return false;
  let at = first.length;
  for (const part of parts) {
    const found = value.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return value.length - last.length >= at && value.endsWith(last);
}

import { invalidParams, messageOf } from '../../../errors.ts';
import { compact, isObject } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
import { toV1 } from './conversion.ts';
import type { Param, TaskRef } from '../tekton.ts';
import { readYaml } from '../../json/yaml.ts';

export type Kind = 'Pipeline' | 'Task';

/** Where the Pipeline or Task to rewrite comes from. */
export type Reference =
  | { readonly by: 'name'; readonly kind: Kind; readonly name: string }
  | { readonly by: 'resolver'; readonly kind: Kind; readonly resolver: string; readonly params: readonly Param[] }
  /** Embedded: `writtenPipeline` reads it. */
  | { readonly by: 'spec'; readonly kind: Kind };

/** A whole reference in a param, for `writtenReference` to read: Tekton may have put the values of variables into its text. */
export interface TextReference {
  readonly by: 'text';
  readonly kind: Kind;
  readonly param: string;
  readonly value: Json;
  /** The params of the other resolver that were given one by one. */
  readonly params: readonly Param[];
}

/** The names of our own resolvers: the values of `resolver:` in a reference. */
export const RESOLVERS = ['cache', 'wrap'] as const;
export type Resolver = (typeof RESOLVERS)[number];

export function isOurs(resolver: string | undefined): resolver is Resolver {
  return RESOLVERS.some((name) => name === resolver);
}

/** Params of a reference that go with `taskref` one by one, so that Tekton can replace variables in each. */
const INNER = 'taskref.';

/** What is to be rewritten, or nothing when no param says so. Throws InvalidParams. */
export function readReference(params: Readonly<Record<string, Json>>): Reference | TextReference | undefined {
  const { pipelineref, pipelinespec, taskref, kind, name } = params;
  const ways = Object.entries({ pipelineref, pipelinespec, taskref, kind }).filter(([, value]) => value !== undefined);
  if (ways.length === 0 && name === undefined) return undefined;
  if (ways.length > 1) throw invalidParams(`${ways.map(([way]) => `\`${way}\``).join(' and ')} exclude each other.`);
  if (pipelinespec !== undefined) return { by: 'spec', kind: 'Pipeline' };
  if (pipelineref !== undefined)
    return nameOrText({ kind: 'Pipeline', param: 'pipelineref', value: pipelineref, params: [] });
  if (taskref !== undefined)
    return nameOrText({ kind: 'Task', param: 'taskref', value: taskref, params: innerParams(params) });
  return byKind(kind, name);
}

/** A name is told from YAML first, which takes the name `123` for a number. */
function nameOrText(given: Omit<TextReference, 'by'>): Reference | TextReference {
  const { kind, value } = given;
  const name = typeof value === 'string' ? value.trim() : '';
  return isName(name) ? { by: 'name', kind, name } : { by: 'text', ...given };
}

/** `kind` and `name`, as Tekton's cluster resolver spells it. */
function byKind(kind: Json | undefined, name: Json | undefined): Reference {
  if (typeof name !== 'string' || name === '') throw invalidParams('`name` is required with `kind`.');
  if (kind === 'pipeline' || kind === 'task') return { by: 'name', kind: kind === 'task' ? 'Task' : 'Pipeline', name };
  throw invalidParams(`\`kind\`: ${JSON.stringify(kind)} is neither \`pipeline\` nor \`task\`.`);
}

/** What a whole reference says, once it was read. Throws InvalidParams. */
export function toReference({ kind, param, params: given }: TextReference, read: Json): Reference {
  if (typeof read === 'string' && isName(read)) return { by: 'name', kind, name: read };
  if (!isObject(read)) {
    throw invalidParams(
      `\`${param}\`: ${JSON.stringify(read)} is neither the name of a ${kind} nor a reference to one.`,
    );
  }
  const { name, resolver, params, bundle, kind: named } = read;
  if (bundle !== undefined)
    throw invalidParams(`\`${param}\`: \`bundle\` is gone from Tekton; use \`resolver: bundles\`.`);
  // A Task of the same name would be another one.
  if (named === 'ClusterTask')
    throw invalidParams(`\`${param}\`: ClusterTasks are gone from Tekton; use \`resolver: cluster\`.`);
  if (typeof resolver === 'string' && resolver !== '') {
    if (isOurs(resolver)) {
      throw invalidParams(
        `\`${param}\` uses the resolver \`${resolver}\` again: one rewriting cannot be put into another.`,
      );
    }
    return { by: 'resolver', kind, resolver, params: onlyOnce(param, [...innerList(param, params), ...given]) };
  }
  if (typeof name === 'string' && name !== '') return { by: 'name', kind, name };
  throw invalidParams(`\`${param}\` has neither \`name\` nor \`resolver\`.`);
}

function isName(text: string): boolean {
  return /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text);
}

function innerList(param: string, params: Json | undefined): readonly Param[] {
  if (params === undefined || params === null) return [];
  if (Array.isArray(params) && params.every(isParam)) return params;
  throw invalidParams(`\`${param}\`: \`params\` is not a list of names and values.`);
}

/** Refuses a param that is given twice: a resolver may take the one that a reader does not see. */
function onlyOnce(param: string, params: readonly Param[]): readonly Param[] {
  const names = new Set<string>();
  for (const { name } of params) {
    if (names.has(name)) throw invalidParams(`\`${param}\`: the param \`${name}\` of the reference is given twice.`);
    names.add(name);
  }
  return params;
}

export function isParam(value: Json): value is Param {
  return isObject(value) && typeof value['name'] === 'string' && value['value'] !== undefined;
}

function innerParams(params: Readonly<Record<string, Json>>): Param[] {
  return Object.entries(params)
    .filter(([name]) => isInnerParam(name))
    .map(([name, value]) => ({ name: name.slice(INNER.length), value }));
}

export function isInnerParam(name: string): boolean {
  return name.startsWith(INNER) && name.length > INNER.length;
}

/** The params that lead back to a reference: each value of its own, as it may hold variables that text around it would not survive. */
export function referenceParams(ref: TaskRef): readonly Param[] {
  const { name, resolver, params = [] } = ref;
  if (resolver === undefined || resolver === '') return [{ name: 'taskref', value: name ?? '' }];
  return [
    { name: 'taskref', value: JSON.stringify(compact({ resolver })) },
    ...params.map((param) => ({ ...param, name: `${INNER}${param.name}` })),
  ];
}

/** The document of an embedded spec, or of a whole Pipeline, as Pipelines-as-Code writes them into runs. */
export function embeddedPipeline(value: Json): JsonObject {
  const read = readParam('pipelinespec', value);
  if (!isObject(read)) throw invalidParams('`pipelinespec` is not the YAML of a Pipeline or of its `spec`.');
  if (isObject(read['spec'])) return toV1(read);
  const apiVersion = read['tasks'] === undefined ? undefined : 'tekton.dev/v1beta1';
  if (apiVersion === undefined) throw invalidParams('`pipelinespec` has no `tasks`.');
  // A bare spec does not say its version. The conversion changes only fields that v1 does not have.
  return toV1({ apiVersion, kind: 'Pipeline', metadata: {}, spec: read });
}

/** A param that is given as YAML, or as what that would be. */
export function readParam(param: string, value: Json): Json {
  if (typeof value !== 'string') return value;
  try {
    return readYaml(value);
  } catch (error) {
    const reason = messageOf(error);
    throw invalidParams(`\`${param}\` is not YAML: ${reason}`);
  }
}

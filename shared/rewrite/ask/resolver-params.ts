import { invalidParams } from '../../errors.ts';
import { parseDuration } from '../../interface/text/duration.ts';
import { didYouMean, nearest } from '../../interface/text/nearest.ts';
import { VERBS } from '../../interface/mode.ts';
import { PARAMS } from '../../interface/params.ts';
import type { ParamRow } from '../../interface/params.ts';
import { readParams } from '../../request/read-params.ts';
import type { ParamValues } from '../../request/read-params.ts';
import { splitList } from '../../interface/text/split-list.ts';
import type { Json } from '../json/json.ts';
import { isInnerParam, RESOLVERS } from '../tekton/read/reference.ts';
import type { Resolver } from '../tekton/read/reference.ts';

export interface ResolverRow {
  readonly name: string;
  readonly resolvers: readonly Resolver[];
  readonly default?: string;
  readonly meaning: string;
}

/** Params that only resolvers have; those that they share are in the table of params. */
export const RESOLVER_PARAMS = [
  {
    name: 'pipelineref',
    resolvers: RESOLVERS,
    meaning: 'the Pipeline to rewrite: its name, or a whole reference as YAML (`{resolver: git, params: [...]}`)',
  },
  {
    name: 'pipelinespec',
    resolvers: RESOLVERS,
    meaning: 'the Pipeline to rewrite, as YAML: its `spec`, or all of it',
  },
  {
    name: 'taskref',
    resolvers: RESOLVERS,
    meaning: 'the Task to rewrite, as `pipelineref`; further params of its resolver may be given as `taskref.NAME`',
  },
  {
    name: 'kind',
    resolvers: RESOLVERS,
    meaning: "`pipeline` or `task`, with `name`: as Tekton's cluster resolver is asked",
  },
  { name: 'name', resolvers: RESOLVERS, meaning: 'the name that goes with `kind`' },
  {
    name: 'workspaces',
    resolvers: RESOLVERS,
    meaning: 'names of the workspaces to handle, a list; nothing is changed without, unless there is a `preset`',
  },
  {
    name: 'source',
    resolvers: RESOLVERS,
    meaning:
      'the workspace with the `files` to hash, or the absolute directory of a volume of the Tasks; may be left out where only one may hold them',
  },
  {
    name: 'fetch-after',
    resolvers: RESOLVERS,
    meaning:
      '`TASK/STEP`, a list: fetch after this step, where one Task makes the lockfiles and builds (a Task: `STEP`)',
  },
  { name: 'skip-tasks', resolvers: RESOLVERS, meaning: 'pipeline tasks that are left as they are, a list' },
  {
    name: 'via',
    resolvers: ['cache'],
    default: 'steps',
    meaning: '`steps`, or `customrun`: cache PVC workspaces by custom tasks around the tasks that use them',
  },
  {
    name: 'base',
    resolvers: ['wrap'],
    meaning: 'image reference, a template, that workspaces start with; a list is tried in order',
  },
  {
    name: 'keep',
    resolvers: ['wrap'],
    default: '24h',
    meaning: 'how long a registry that expires images keeps the handoffs between tasks',
  },
  {
    name: 'plan',
    resolvers: RESOLVERS,
    meaning: 'written by the resolvers into the tasks of a Pipeline; not for users',
  },
] as const satisfies readonly ResolverRow[];

/** Shared params that make no sense where content moves from task to task. */
const CACHE_ONLY = [
  'preset',
  'branch',
  'default-branch',
  'image',
  'paths',
  'fallbacks',
  'aliases',
  'mode',
  'upload-on',
  'on-miss',
  'clean',
  'force',
];
const DAY_MS = 24 * 60 * 60 * 1000;

/** The params of a resolver, checked. */
export interface ResolverOptions {
  readonly resolver: Resolver;
  readonly workspaces: readonly string[];
  readonly source?: string;
  readonly fetchAfter: readonly string[];
  readonly skipTasks: readonly string[];
  readonly via: 'steps' | 'customrun';
  readonly base: readonly string[];
  readonly keepMs: number;
  readonly shared: ParamValues;
}

export type ResolverParams = Readonly<Record<string, Json>>;

/** Refuses names that the resolver does not have, with the nearest that it has. */
export function checkNames(resolver: Resolver, params: ResolverParams): void {
  const known = knownNames(resolver);
  for (const name of Object.keys(params)) {
    if (known.includes(name) || isInnerParam(name)) continue;
    throw invalidParams(
      `Param \`${name}\` is unknown to the resolver \`${resolver}\`; ${didYouMean(name, known)}${hintFor(name, known)}`,
    );
  }
}

/** Who puts our resolver into the place of another one may have left its params there. */
function hintFor(name: string, known: readonly string[]): string {
  const isOfOurs = RESOLVERS.some((one) => knownNames(one).includes(name));
  if (isOfOurs || nearest(name, known) !== undefined) return '';
  return `. A param of another resolver goes into the reference: \`pipelineref: '{resolver: RESOLVER, params: [{name: ${name}, value: ...}]}'\`.`;
}

export function knownNames(resolver: Resolver): string[] {
  const own: readonly ResolverRow[] = RESOLVER_PARAMS;
  return [
    ...own.filter((row) => row.resolvers.includes(resolver)).map(({ name }) => name),
    ...sharedRows(resolver).map(({ name }) => name),
  ];
}

function sharedRows(resolver: Resolver): readonly ParamRow[] {
  const rows: readonly ParamRow[] = PARAMS;
  return rows.filter(
    ({ name, surfaces }) => surfaces.includes('resolver') && (resolver === 'cache' || !CACHE_ONLY.includes(name)),
  );
}

export function readOptions(resolver: Resolver, params: ResolverParams): ResolverOptions {
  checkNames(resolver, params);
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''));
  const sharedNames = sharedRows(resolver).map(({ name }) => name);
  const source = oneName('source', given['source']);
  return {
    resolver,
    workspaces: list('workspaces', given['workspaces']),
    ...(source === undefined ? {} : { source }),
    fetchAfter: list('fetch-after', given['fetch-after']),
    skipTasks: list('skip-tasks', given['skip-tasks']),
    via: way(given['via']),
    base: list('base', given['base']),
    keepMs: keep(given['keep']),
    shared: readParams({
      verbs: VERBS,
      surface: 'resolver',
      params: Object.fromEntries(Object.entries(given).filter(([name]) => sharedNames.includes(name))),
    }),
  };
}

function list(name: string, value: Json | undefined): readonly string[] {
  if (value === undefined) return [];
  const items = typeof value === 'string' ? splitList(value) : value;
  if (!Array.isArray(items) || !items.every((item): item is string => typeof item === 'string')) {
    throw invalidParams(`\`${name}\`: ${JSON.stringify(value)} is not a list of names.`);
  }
  for (const item of items) refuseVariable(name, item);
  return [...new Set(items.map((item) => item.trim()).filter((item) => item !== ''))];
}

function oneName(name: string, value: Json | undefined): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw invalidParams(`\`${name}\`: ${JSON.stringify(value)} is not a name.`);
  refuseVariable(name, value);
  return value.trim();
}

function way(value: Json | undefined): 'steps' | 'customrun' {
  if (value === undefined || value === 'steps') return 'steps';
  if (value === 'customrun') return value;
  throw invalidParams(`\`via\`: ${JSON.stringify(value)} is not one of steps, customrun.`);
}

function keep(value: Json | undefined): number {
  if (value === undefined) return DAY_MS;
  const milliseconds = typeof value === 'string' ? parseDuration(value) : undefined;
  if (milliseconds !== undefined && milliseconds > 0) return milliseconds;
  throw invalidParams(`\`keep\`: ${JSON.stringify(value)} is not a duration such as 24h.`);
}

function refuseVariable(name: string, value: string): void {
  if (!value.includes('$(')) return;
  throw invalidParams(
    `\`${name}\`: ${JSON.stringify(value)} holds a variable without a value: neither the run has such a param, nor the Pipeline a default for it.`,
  );
}

/** Rows of the wild through the real rewriter. */
import { CacheError } from '../../../shared/errors.ts';
import { isObject } from '../../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../../shared/rewrite/json/json.ts';
import { isPipeline, isTask } from '../../../shared/rewrite/tekton/read/schema.ts';
import type { Pipeline, PipelineTask, Task } from '../../../shared/rewrite/tekton/tekton.ts';
import { resolveCase, resolveLate } from '../case.ts';
import type { RewriteCase } from '../case.ts';
import { whyUseless } from './judge.ts';
import { TASKS } from './row.ts';
import type { Build, Comes, PipelineRow, TaskRow } from './row.ts';

export interface Outcome {
  /** Why it is of no use, or the sentence of the refusal; nothing where each build uses its cache. */
  readonly why?: string;
  readonly refused?: string;
  /** What Tekton gets: the Pipeline, and the Tasks that its late references lead to. */
  readonly documents: readonly (Pipeline | Task)[];
}

type Tasks = Readonly<Record<string, TaskRow>>;

const REPOSITORY = 'registry.example/cache';
const CLAIM = {
  volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
};
const CLONE: TaskRow = {
  task: 'git-clone',
  about: 'Brings the sources',
  comes: 'none',
  spec: {
    params: [{ name: 'url', default: '' }],
    workspaces: [{ name: 'output' }],
    results: [{ name: 'commit' }],
    steps: [
      {
        name: 'clone',
        image: 'git-init',
        workingDir: '$(workspaces.output.path)',
        script: 'git clone "$(params.url)" .',
      },
    ],
  },
};

/** What comes of a Task by the PipelineRun's line alone, or with its edit. */
export function outcomeOfTask(row: TaskRow, edited: boolean): Outcome {
  const used = edited ? withEdit(row) : row;
  return outcome(asPipeline(used), { [row.task]: used });
}

/** The same of a Pipeline, whose edit changes fields of its spec. */
export function outcomeOfPipeline(row: PipelineRow, edited: boolean): Outcome {
  const { edit } = row;
  if (!edited || edit === undefined) return outcome(row, {});
  const { spec = {}, params = {}, builds = row.builds } = edit;
  return outcome({ ...row, builds, params: { ...row.params, ...params }, spec: { ...row.spec, ...spec } }, {});
}

/** The class that the rewriter gives a row. */
export function comesOf(row: TaskRow | PipelineRow): Comes {
  if (row.comes === 'none') return 'none';
  const outcomeOf = (edited: boolean): Outcome =>
    'task' in row ? outcomeOfTask(row, edited) : outcomeOfPipeline(row, edited);
  if (outcomeOf(false).why === undefined) return 'line';
  return row.edit !== undefined && outcomeOf(true).why === undefined ? 'edit' : 'not';
}

export function rowOf(name: string): TaskRow {
  if (name === CLONE.task) return CLONE;
  for (const rows of TASKS.values()) for (const row of rows) if (row.task === name) return row;
  throw new Error(`There is no Task ${name} in the wild.`);
}

function withEdit(row: TaskRow): TaskRow {
  const { spec = {}, params = {}, says: _, ...rest } = row.edit ?? { says: '' };
  return { ...row, ...rest, params: { ...row.params, ...params }, spec: { ...row.spec, ...spec } };
}

/** A Task stands in the Pipeline in which such Tasks stand: behind the one that clones, if it has a workspace with the sources. */
function asPipeline(row: TaskRow): PipelineRow {
  const { spec, binds = {}, gives = {}, source = 'source' } = row;
  const declared = listOf(spec['workspaces']).filter(
    (one) => one['optional'] !== true || binds[nameOf(one)] !== undefined,
  );
  const workspaces = declared.map((one) => ({ name: nameOf(one) }));
  const params = Object.entries(gives).map(([name, value]) => ({ name, value }));
  const after = source === '' ? {} : { runAfter: ['clone'] };
  const output = [{ name: 'output', workspace: source }];
  const clone = source === '' ? [] : [{ name: 'clone', taskRef: { name: CLONE.task }, workspaces: output }];
  const build = { name: 'build', taskRef: { name: row.task }, workspaces, params, ...after };
  const bound = workspaces.map(({ name }) => ({
    name,
    ...(binds[name] ?? (name === source ? CLAIM : { emptyDir: {} })),
  }));
  return {
    ...row,
    pipeline: row.task,
    run: { workspaces: bound },
    builds: row.comes === 'none' ? {} : { build: row.task },
    spec: { workspaces, tasks: [...clone, build] },
  };
}

function outcome(row: PipelineRow, own: Tasks): Outcome {
  const given = { preset: 'auto', ...row.params };
  const params = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
  const target = params['preset'] === undefined ? `${REPOSITORY}/{{workspace}}:{{hash}}` : REPOSITORY;
  if (params['pipelinespec'] === 'embedded') params['pipelinespec'] = JSON.stringify(row.spec);
  const reference: Readonly<Record<string, Json>> = params['pipelinespec'] === undefined ? { pipelineref: 'p' } : {};
  const document = {
    apiVersion: row.version ?? 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name: 'build-app' },
    spec: row.spec,
  };
  const rows = Object.fromEntries(referenced(row.spec).map(([name, task]) => [name, own[task] ?? rowOf(task)]));
  const tasks = Object.fromEntries(
    Object.entries(rows).map(([name, { task, spec }]) => [name, documentOf(task, spec)]),
  );
  const asked: RewriteCase = {
    about: row.about,
    resolver: 'cache',
    params: { ...reference, target, ...params },
    run: row.run,
    document,
    tasks,
  };
  try {
    const result = resolveCase(asked);
    if (!isPipeline(result)) throw new Error('not a Pipeline');
    const late = new Map(
      tasksOf(result)
        .filter(({ taskRef }) => taskRef?.resolver === 'cache')
        .map(({ name }) => [name, resolveLate(asked, result, name).after]),
    );
    const whys = Object.entries(row.builds).flatMap(([name, build]) => {
      const what = typeof build === 'string' ? (own[build] ?? rowOf(build)) : build;
      return whyOf(result, late, name, what) ?? [];
    });
    return { ...(whys.length === 0 ? {} : { why: whys.join(' ') }), documents: [result, ...late.values()] };
  } catch (error) {
    if (!(error instanceof CacheError)) throw error;
    return { why: error.message, refused: error.message, documents: [] };
  }
}

type Late = ReadonlyMap<string, Task | Pipeline>;

function whyOf(pipeline: Pipeline, late: Late, name: string, build: Build): string | undefined {
  const tasks = tasksOf(pipeline);
  const task = tasks.find((one) => one.name === name);
  if (task === undefined) throw new Error(`There is no task ${name}.`);
  const judged = judgedTask(task, late);
  if (judged === undefined) return `Task \`${name}\` is as it was.`;
  const before = tasks.slice(0, tasks.indexOf(task)).flatMap((one) => judgedTask(one, late) ?? []);
  return whyUseless({ ...judged, before }, build);
}

function judgedTask({ name, taskSpec, params = [], workspaces = [] }: PipelineTask, late: Late) {
  const found = taskSpec ?? late.get(name);
  const spec = taskSpec ?? (found !== undefined && isTask(found) ? found.spec : undefined);
  if (found === undefined || spec === undefined) return undefined;
  const gives = Object.fromEntries(params.map((param) => [param.name, param.value]));
  const named = Object.fromEntries(workspaces.map((one) => [one.name, one.workspace ?? one.name]));
  return { spec, metadata: found.metadata ?? {}, gives, workspaces: named };
}

/** The Tasks of the wild that tasks refer to: by name, or by the name or the path in the params of another resolver. */
function referenced(spec: JsonObject): (readonly [string, string])[] {
  return [...listOf(spec['tasks']), ...listOf(spec['finally'])].flatMap((task) => {
    const { taskRef: ref } = task;
    if (!isObject(ref) || ref['apiVersion'] !== undefined) return [];
    const param = listOf(ref['params']).find(({ name }) => name === 'name' || name === 'pathInRepo');
    const named = ref['name'] ?? param?.['value'];
    if (typeof named !== 'string') return [];
    return [[nameOf(task), (named.split('/').pop() ?? named).replace('.yaml', '')] as const];
  });
}

function documentOf(name: string, spec: JsonObject): JsonObject {
  return { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name }, spec };
}

function tasksOf({ spec }: Pipeline): readonly PipelineTask[] {
  return [...spec.tasks, ...(spec.finally ?? [])];
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter((one: Json) => isObject(one)) : [];
}

function nameOf({ name }: JsonObject): string {
  return typeof name === 'string' ? name : '';
}

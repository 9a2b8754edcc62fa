import { strings } from '../../json/json.ts';
import type { PipelineSpec, PipelineTask } from '../tekton.ts';

/** What must have ended before each task of a Pipeline starts; `finally` tasks are not part of it. */
export interface TaskGraph {
  /** The tasks in the Pipeline's order. */
  readonly tasks: readonly string[];
  /** What a task names: `runAfter`, and tasks whose results it uses. */
  readonly dependencies: ReadonlyMap<string, ReadonlySet<string>>;
  /** Everything that it comes after, directly or not. */
  readonly ancestors: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The graph among those tasks that share a workspace. */
export interface UserGraph {
  /** The users in an order in which each follows those it comes after; otherwise in the Pipeline's order. */
  readonly order: readonly string[];
  /** The users whose content a task starts from: its nearest ancestors. */
  readonly before: ReadonlyMap<string, readonly string[]>;
  /** Users without one before them. */
  readonly first: readonly string[];
  /** Users without one after them: they make the end state. */
  readonly sinks: readonly string[];
}

const RESULT = /\$\(tasks\.([^.()\s]+)\.results[.[]/g;

export function taskGraph(spec: PipelineSpec): TaskGraph {
  const names = spec.tasks.map(({ name }) => name);
  const dependencies = new Map(spec.tasks.map((task) => [task.name, dependenciesOf(task, names)]));
  const ancestors = new Map<string, Set<string>>();
  for (const name of names) ancestors.set(name, reachable(name, dependencies));
  return { tasks: names, dependencies, ancestors };
}

function dependenciesOf(task: PipelineTask, known: readonly string[]): Set<string> {
  const found = [...(task.runAfter ?? []), ...producersOf(task)];
  return new Set(found.filter((name) => known.includes(name) && name !== task.name));
}

/**
 * The tasks whose results a task uses, as Tekton finds them: in params, matrix, `when`, and in the steps and sidecars of an
 * embedded Task; not in `taskRef.params`.
 */
export function producersOf({ params, matrix, when, taskSpec }: PipelineTask): string[] {
  const found = [params, matrix, when, taskSpec?.steps, taskSpec?.sidecars].flatMap((part) =>
    [...strings(part)].flatMap((text) => [...text.matchAll(RESULT)].map(([, name = '']) => name)),
  );
  return [...new Set(found)];
}

function reachable(start: string, edges: ReadonlyMap<string, ReadonlySet<string>>): Set<string> {
  const seen = new Set<string>();
  const open = [...(edges.get(start) ?? [])];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    open.push(...(edges.get(next) ?? []));
  }
  return seen;
}

export function isCyclic({ tasks, ancestors }: TaskGraph): boolean {
  return tasks.some((task) => ancestors.get(task)?.has(task) === true);
}

export function userGraph(graph: TaskGraph, users: readonly string[]): UserGraph {
  const ancestorsOf = (task: string): string[] => users.filter((user) => graph.ancestors.get(task)?.has(user) === true);
  const before = new Map(
    users.map((task) => {
      const all = ancestorsOf(task);
      const nearest = all.filter((one) => !all.some((other) => graph.ancestors.get(other)?.has(one) === true));
      return [task, nearest];
    }),
  );
  return {
    order: inOrder(users, before),
    before,
    first: users.filter((task) => before.get(task)?.length === 0),
    sinks: users.filter((task) => !users.some((other) => graph.ancestors.get(other)?.has(task) === true)),
  };
}

/** Takes in each turn the first task of the list whose ancestors are all in order already. */
function inOrder(users: readonly string[], before: ReadonlyMap<string, readonly string[]>): string[] {
  const order: string[] = [];
  const left = [...users];
  while (left.length > 0) {
    const at = left.findIndex((task) => before.get(task)?.every((one) => order.includes(one)) === true);
    const [task] = left.splice(Math.max(at, 0), 1);
    if (task !== undefined) order.push(task);
  }
  return order;
}

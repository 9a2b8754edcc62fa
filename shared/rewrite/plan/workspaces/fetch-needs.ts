import type { TaskGraph } from '../../tekton/pipeline/graph.ts';

/** What a fetch before some tasks waits for: all that any of them waits for, which brings the lockfiles. */
export function allNeeds({ tasks, dependencies }: TaskGraph, users: readonly string[]): string[] {
  const needed = new Set(users.flatMap((user) => [...(dependencies.get(user) ?? [])]));
  return tasks.filter((task) => needed.has(task));
}

/** The tasks that all users come after. A fetch that waits for nothing else closes no cycle. */
export function commonNeeds({ tasks, ancestors }: TaskGraph, users: readonly string[]): string[] {
  const isBefore = (task: string, other: string): boolean => ancestors.get(other)?.has(task) === true;
  const common = tasks.filter((task) => users.every((user) => isBefore(task, user)));
  return common.filter((task) => !common.some((other) => isBefore(task, other)));
}

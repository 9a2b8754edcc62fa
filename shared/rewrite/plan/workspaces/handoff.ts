import type { Join } from '../../../request/protocol.ts';
import type { UserGraph } from '../../tekton/pipeline/graph.ts';
import { matrixOf } from '../../tekton/pipeline/matrix.ts';
import type { Transfer } from '../plan.ts';
import type { PipelineTask } from '../../tekton/tekton.ts';
import type { HandoffNames } from './handoff-names.ts';

export interface Handoff {
  readonly graph: UserGraph;
  readonly tasks: ReadonlyMap<string, PipelineTask>;
  readonly names: HandoffNames;
  /** Templates of the content before any task, tried in order. */
  readonly base: readonly string[];
}

/**
 * What comes after `tasks` have ended. A task that failed or was skipped left no entry: what it started from stands for it,
 * so along a chain the entries are tried from the last to the first; where branches meet they are joined.
 */
export function contentAfter(tasks: readonly string[], handoff: Handoff): Transfer {
  const chain: string[] = [];
  let open = tasks;
  for (let only = single(open, handoff); only !== undefined; only = single(open, handoff)) {
    chain.push(...handoff.names.entries(only).targets);
    open = handoff.graph.before.get(only.name) ?? [];
  }
  if (open.length > 0) {
    const [target, ...fallbacks] = chain;
    return { ...(target === undefined ? {} : { target, fallbacks }), join: joinOf(open, handoff) };
  }
  const [target, ...fallbacks] = [...chain, ...handoff.base];
  return target === undefined ? {} : { target, fallbacks };
}

function single(open: readonly string[], { tasks }: Handoff): PipelineTask | undefined {
  const [name, ...others] = open;
  const task = others.length > 0 || name === undefined ? undefined : tasks.get(name);
  return task === undefined || matrixOf(task) !== undefined ? undefined : task;
}

function joinOf(ends: readonly string[], { graph, tasks, names, base }: Handoff): Join {
  const needed = new Set<string>();
  const open = [...ends];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (needed.has(next)) continue;
    needed.add(next);
    open.push(...(graph.before.get(next) ?? []));
  }
  const order = graph.order.filter((name) => needed.has(name));
  const nodes = order.flatMap((name) => {
    const task = tasks.get(name);
    const after = (graph.before.get(name) ?? []).map((one) => order.indexOf(one));
    return task === undefined ? [] : [{ task: name, ...names.entries(task), after }];
  });
  return { nodes, base };
}

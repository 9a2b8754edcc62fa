import type { Mode } from '../../../interface/params.ts';
import type { UserGraph } from '../../tekton/pipeline/graph.ts';
import type { Transfer } from '../plan.ts';
import type { PipelineTask } from '../../tekton/tekton.ts';
import type { EndWriter } from './end-state.ts';
import { contentAfter } from './handoff.ts';
import type { Handoff } from './handoff.ts';
import type { HandoffNames } from './handoff-names.ts';

/** What the steps in one Task do for one workspace. An empty transfer goes by the options alone: the key. */
export interface CacheAction {
  readonly fetch?: Transfer;
  readonly upload?: Transfer;
}

export interface CacheActions {
  readonly byTask: ReadonlyMap<string, CacheAction>;
  /** A task of our own at the end of the run that writes the end state. */
  readonly collect?: CacheAction;
}

interface CacheActionsInput {
  readonly handoff: Handoff;
  /** A task of ours writes the end state. */
  readonly collected: boolean;
  /** `finally` tasks that use the workspace. */
  readonly finallyUsers: readonly string[];
  readonly keepMs: number;
  readonly mode: Mode;
}

/** `cache` on emptyDirs: the first users start with the key; what the last ones leave becomes the key. */
export function cacheActions(input: CacheActionsInput): CacheActions {
  return handoffActions(input, {});
}

/** `wrap` on emptyDirs: content starts as `base`, and ends as `target`. */
export function wrapActions(input: CacheActionsInput): CacheActions {
  return handoffActions(input, startOf(input.handoff.base));
}

/** Between the start and the end, handoffs bring content from task to task. The last task writes the end state, unless a task of ours does. */
function handoffActions(input: CacheActionsInput, start: Transfer | undefined): CacheActions {
  const { handoff, collected, finallyUsers } = input;
  const { graph, names } = handoff;
  const upload = (task: PipelineTask): Transfer => {
    if (collected || !graph.sinks.includes(task.name)) return toEntry(task, input);
    const travels = { target: names.entry(task), keepMs: input.keepMs };
    const hasCome = !graph.first.includes(task.name);
    return { ...(hasCome ? fromRun(names) : {}), ...(finallyUsers.length > 0 ? { travels } : {}) };
  };
  const fetch = (task: string): Transfer | undefined =>
    graph.first.includes(task) ? start : afterTasks(graph.before.get(task), input);
  const byTask = new Map<string, CacheAction>();
  for (const task of usersInOrder(input)) byTask.set(task.name, action(fetch(task.name), upload(task)));
  const last = graph.sinks.length === 0 ? start : afterTasks(graph.sinks, input);
  for (const name of finallyUsers) byTask.set(name, action(last, undefined));
  return { byTask, ...(collected ? { collect: action(last, fromRun(names)) } : {}) };
}

/** Each task by itself, where nothing may be written or every task has a key of its own. */
export function separateActions(users: readonly PipelineTask[]): CacheActions {
  return { byTask: new Map(users.map(({ name }) => [name, { fetch: {}, upload: {} }])) };
}

/**
 * A volume that the tasks share needs no handoffs: it starts as the key, or as `base` when that is given, and ends as the key.
 * Where several tasks may be the last, each would upload what another is still writing, so that is collected.
 */
export function sharedVolumeActions(graph: UserGraph, writer: EndWriter, base?: readonly string[]): CacheActions {
  const start = base === undefined ? {} : startOf(base);
  const byTask = new Map<string, CacheAction>();
  for (const name of graph.order) {
    const fetch = graph.first.includes(name) ? start : undefined;
    const upload = graph.sinks.includes(name) && writer === 'last' ? {} : undefined;
    byTask.set(name, action(fetch, upload));
  }
  return { byTask, ...(writer === 'ours' ? { collect: { upload: {} } } : {}) };
}

function usersInOrder({ handoff }: CacheActionsInput): PipelineTask[] {
  return handoff.graph.order.flatMap((name) => handoff.tasks.get(name) ?? []);
}

function startOf([target, ...fallbacks]: readonly string[]): Transfer | undefined {
  return target === undefined ? undefined : { target, fallbacks };
}

function toEntry(task: PipelineTask, input: CacheActionsInput): Transfer {
  const { names } = input.handoff;
  const origins = names.apart === undefined ? {} : { origins: [names.apart.key] };
  return handedOff({ target: names.entry(task), aliases: [], keepMs: input.keepMs, ...origins }, input);
}

/** Where the run has a place of its own, the content that becomes the entry of the key was there before. */
function fromRun({ apart }: HandoffNames): Transfer {
  return apart === undefined ? {} : { origins: [apart.run] };
}

function afterTasks(tasks: readonly string[] = [], input: CacheActionsInput): Transfer {
  return handedOff(contentAfter(tasks, input.handoff), input);
}

/** A handoff is no caching: a mode forbids only to read or write the key. */
function handedOff(transfer: Transfer, { mode }: CacheActionsInput): Transfer {
  return mode === 'pull-push' ? transfer : { ...transfer, mode: 'pull-push' };
}

function action(fetch: Transfer | undefined, upload: Transfer | undefined): CacheAction {
  return { ...(fetch === undefined ? {} : { fetch }), ...(upload === undefined ? {} : { upload }) };
}

/** Where and when a task of ours writes what the tasks of a Pipeline have left: among them or in `finally`, and Tekton's `when`. */
import type { Json } from '../../json/json.ts';
import type { PipelineContext } from '../../plan/tasks/pipeline-context.ts';
import { isSpoiled, maySpoil } from '../../plan/workspaces/end-state.ts';
import { isSureToRun, mayFail } from '../../plan/workspaces/skip-causes.ts';
import type { PipelinePart } from '../../tekton/task-timeout.ts';
import type { WorkspacePlan } from '../../plan/workspaces/workspace-plan.ts';

/** Where a task of ours uploads. Those among the tasks follow the last users of the workspace. */
export interface UploadPlace {
  readonly part: PipelinePart;
  readonly when: readonly Json[];
}

/**
 * Where a custom task uploads; undefined where none may. What comes after a task runs also where that has failed under `onError: continue`, or was
 * skipped for its `when`, and only `finally` tasks can ask for that.
 */
export function placeOfUpload(context: PipelineContext, plan: WorkspacePlan): UploadPlace | undefined {
  const { options } = context;
  if (options.shared['upload-on'] === 'always') return { part: 'finally', when: hadUsers(context, plan, 'may stop') };
  if (plan.isUsedAtEnd) return maySpoil(plan, options) ? undefined : afterUsers(context, plan);
  const waits = maySpoil(plan, options) || hadUsers(context, plan).length > 0;
  return waits ? inFinally(context, plan) : { part: 'tasks', when: [] };
}

/** Where a task with our steps writes what several tasks have left. */
export function placeOfCollection(context: PipelineContext, plan: WorkspacePlan): UploadPlace {
  return plan.isUsedAtEnd ? afterUsers(context, plan) : inFinally(context, plan);
}

function inFinally(context: PipelineContext, plan: WorkspacePlan): UploadPlace {
  return { part: 'finally', when: [...wentWell(context, plan), ...hadUsers(context, plan)] };
}

/**
 * Tasks of `finally` may clean up the claim, so that ours comes before them. Where no user is sure to run, it has the conditions of all: there are none
 * for one of several. One that is skipped for something else skips ours with it.
 */
function afterUsers(context: PipelineContext, plan: WorkspacePlan): UploadPlace {
  const guards = hadUsers(context, plan).length === 0 ? [] : plan.users.flatMap(({ when = [] }) => when);
  return { part: 'tasks', when: [...new Map(guards.map((guard) => [JSON.stringify(guard), guard])).values()] };
}

/**
 * Did the tasks succeed? For Tekton they have failed also where only a task failed that the run does not need; and not where a run was stopped, or its
 * time was over, before a task began. So one that is sure to run has to have succeeded. Of those under `when` nobody can tell why they did not run.
 */
function wentWell({ spec, options, skips }: PipelineContext, { volume, graph }: WorkspacePlan): Json[] {
  const spoiling = isSpoiled(volume, options) ? graph.order : [];
  const needed = spec.tasks.filter((task) => !mayFail(task) || spoiling.includes(task.name)).map(({ name }) => name);
  const sure = needed.filter((name) => isSureToRun(skips, name));
  const isWhole = needed.length === spec.tasks.length;
  if (isWhole && sure.length === needed.length) return [isOneOf('$(tasks.status)', ['Succeeded'])];
  const others = needed.filter((name) => !sure.includes(name));
  return [
    ...(isWhole
      ? [isOneOf('$(tasks.status)', ['Succeeded', 'Completed'])]
      : others.map((name) => isNoneOf(statusOf(name), ['Failed']))),
    ...(sure.length === 0 ? [] : [isOneOf(statusesOf(sure), [sure.map(() => 'Succeeded').join(' ')])]),
  ];
}

/**
 * Did a task use the claim? Nothing was fetched into one that no task used: its content may be older than the entry. A run that fails may do so before
 * any of them, also one that is sure to run otherwise.
 */
function hadUsers({ skips }: PipelineContext, { volume, graph }: WorkspacePlan, run?: 'may stop'): Json[] {
  const users = graph.order;
  const isCertain = run === undefined && users.some((name) => isSureToRun(skips, name));
  if (volume === 'emptyDir' || isCertain) return [];
  return [isNoneOf(statusesOf(users), [users.map(() => 'None').join(' ')])];
}

function isOneOf(input: string, values: readonly string[]): Json {
  return { input, operator: 'in', values };
}

function isNoneOf(input: string, values: readonly string[]): Json {
  return { input, operator: 'notin', values };
}

function statusesOf(tasks: readonly string[]): string {
  return tasks.map(statusOf).join(' ');
}

function statusOf(task: string): string {
  return `$(tasks.${task}.status)`;
}

import { invalidParams } from '../../../errors.ts';
import { didYouMean } from '../../../interface/text/nearest.ts';
import { readPresetChoice } from '../../../presets/choice.ts';
import type { AutoOrNamed } from '../../../presets/choice.ts';
import type { ResolverOptions } from '../../ask/resolver-params.ts';
import { chooseSource, isDirectory, unboundSentence } from '../../ask/source-workspace.ts';
import { taskGraph, userGraph } from '../../tekton/pipeline/graph.ts';
import { isOurs } from '../../tekton/read/reference.ts';
import type { PipelineSpec, PipelineTask, Run } from '../../tekton/tekton.ts';
import { mayHoldSources, unboundOf } from '../../tekton/workspaces/volume.ts';
import { knownWorkspaces, workspaceUses } from '../../tekton/workspaces/workspace-use.ts';
import { isSkipped } from '../task-annotations.ts';
import { whyNoSteps } from '../workspaces/workspace-users.ts';
import type { PresetPlan } from '../plan.ts';

/** A pipeline task that gets the caches of presets. */
interface PresetTask {
  readonly task: PipelineTask;
  readonly preset: PresetPlan;
  /** The Task's own name of the workspace with the sources, or a directory. */
  readonly source: string;
}

/** Every step has it: what is cloned without a workspace is most often somewhere below. */
export const SOURCES_WITHOUT_WORKSPACE = '/workspace';

/** The tasks that the param `preset` is for. Throws InvalidParams where they, or their sources, would have to be guessed. */
export function presetTasks(spec: PipelineSpec, run: Run, options: ResolverOptions, preset: string): PresetTask[] {
  const choice = readPresetChoice(preset);
  return choice.kind === 'by-task'
    ? [...choice.tasks].map(([name, presets]) => namedTask({ spec, run, options }, name, presets))
    : tasksWithSources({ spec, run, options }, choice);
}

/** What the param has for one task: `auto`, or names. */
export function presetNames(choice: AutoOrNamed): string {
  return choice.kind === 'auto' ? 'auto' : choice.presets.map(({ name }) => name).join(',');
}

interface Asked {
  readonly spec: PipelineSpec;
  readonly run: Run;
  readonly options: ResolverOptions;
}

function namedTask(asked: Asked, name: string, choice: AutoOrNamed): PresetTask {
  const all = [...asked.spec.tasks, ...(asked.spec.finally ?? [])];
  const task = all.find((one) => one.name === name);
  if (task === undefined) {
    const names = all.map((one) => one.name);
    throw invalidParams(`\`preset\`: there is no task \`${name}\`; ${didYouMean(name, names)}`);
  }
  const why = whyNoSteps(task);
  if (why !== undefined) throw invalidParams(`\`preset\`: task \`${name}\` ${why}.`);
  const candidates = sourcesOf(asked, [task]);
  const source =
    asked.options.source ?? (candidates.length === 0 ? SOURCES_WITHOUT_WORKSPACE : choose(asked, candidates));
  const found = placeIn(task, source);
  if (found === undefined)
    throw invalidParams(`\`source\`: task \`${name}\` does not have the workspace \`${source}\`.`);
  return { task, source: found, preset: presetPlan(asked, { task, source, choice, named: true }) };
}

function tasksWithSources(asked: Asked, choice: AutoOrNamed): PresetTask[] {
  const { spec, options } = asked;
  const leftAlone = spec.tasks.filter((task) => isLeftAlone(task, options));
  const tasks = spec.tasks.filter((task) => !leftAlone.includes(task) && whyNoSteps(task) === undefined);
  const candidates = sourcesOf(asked, tasks);
  if (candidates.length === 0 && options.source === undefined) {
    if (sourcesOf(asked, leftAlone).length > 0) return [];
    throw invalidParams(
      `\`preset\`: no task has a workspace that may hold the sources.${unboundSentence(unboundOf(asked.run, namesOf(tasks)))} Name the directory where they arrive (\`source: /workspace/source\`), or the tasks (\`preset: "TASK=go"\`).`,
    );
  }
  const source = choose(asked, candidates);
  const found = tasks.flatMap((task) => {
    const place = placeIn(task, source);
    return place === undefined
      ? []
      : [{ task, source: place, preset: presetPlan(asked, { task, source, choice, named: false }) }];
  });
  // A task that is left alone has no cache, and that is no mistake in `source`.
  if (found.length > 0 || tasks.length === 0 || hasOne(leftAlone, source)) return found;
  if (hasOne(spec.finally ?? [], source) && !hasOne(spec.tasks, source)) {
    throw invalidParams(
      `\`source\`: only tasks of \`finally\` have the workspace \`${source}\`, and they get caches where \`preset\` names them (\`preset: "TASK=go"\`).`,
    );
  }
  throw invalidParams(
    `\`source\`: no task that steps can be put into has the workspace \`${source}\`; ${didYouMean(source, [...new Set(namesOf(tasks))])}`,
  );
}

/** Does the user, or the author of the Task, want it as it is? A Task that our resolvers resolve has its own caches. */
function isLeftAlone({ name, taskRef, taskSpec }: PipelineTask, { skipTasks }: ResolverOptions): boolean {
  return skipTasks.includes(name) || isSkipped(taskSpec?.metadata) || isOurs(taskRef?.resolver);
}

function hasOne(tasks: readonly PipelineTask[], source: string): boolean {
  return namesOf(tasks).includes(source);
}

function choose({ spec, run, options }: Asked, candidates: readonly string[]): string {
  return chooseSource({
    ...(options.source === undefined ? {} : { asked: options.source }),
    known: knownWorkspaces(spec, run),
    cached: [],
    partly: [],
    atHand: [candidates],
  });
}

/** The Pipeline's workspaces of these tasks that may hold sources. */
function sourcesOf({ run }: Asked, tasks: readonly PipelineTask[]): string[] {
  return [...new Set(namesOf(tasks))].filter((name) => mayHoldSources(run, name));
}

function namesOf(tasks: readonly PipelineTask[]): string[] {
  return tasks.flatMap(workspaceUses).map(({ name }) => name);
}

/** What the Task calls it. */
function placeIn(task: PipelineTask, source: string): string | undefined {
  return isDirectory(source) ? source : workspaceUses(task).find(({ name }) => name === source)?.workspace;
}

interface One {
  readonly task: PipelineTask;
  readonly source: string;
  readonly choice: AutoOrNamed;
  readonly named: boolean;
}

function presetPlan({ spec }: Asked, { task, source, choice, named }: One): PresetPlan {
  return { names: presetNames(choice), named, sourcesWithin: isDirectory(source) || isFirst(spec, task, source) };
}

/** Is the task the first one that has the workspace? A `finally` task never is: it comes after all of them. */
function isFirst(spec: PipelineSpec, task: PipelineTask, source: string): boolean {
  const users = spec.tasks.filter((one) => workspaceUses(one).some(({ name }) => name === source));
  const names = users.map(({ name }) => name);
  return userGraph(taskGraph(spec), names).first.includes(task.name);
}

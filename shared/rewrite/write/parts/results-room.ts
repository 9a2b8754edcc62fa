/** What Tekton keeps of the results of steps: what is asked of ours, and how much fits beside it. */
import type { Verb } from '../../../interface/params.ts';
import { resultNames } from '../../../interface/results/results.ts';
import { objects, strings } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';

/** Bytes that the kubelet keeps of the termination messages of a pod, the same part of each container (`normalizeStatus`). */
const POD_BYTES = 12_288;
/** Bytes that Tekton writes for a container (pkg/termination/write.go). */
const CONTAINER_BYTES = 4_096;
/** Our steps in a Task. */
const STEPS = 2;

/** How Tekton tells its entries of a message apart (pkg/result/result.go). */
const TYPES = { taskResult: 1, internal: 3, stepResult: 4 } as const;
const STARTED = { key: 'StartedAt', value: '2026-01-01T00:00:00.000Z', type: TYPES.internal };

/**
 * The results that a step of ours declares: the reason, and what the Task reads. Others would take room in a message that also has the
 * results of the Task. Tekton takes the hash for the upload from the file of its name, which is there undeclared.
 */
export function injectedResults(verb: Verb, step: string, spec: TaskSpec): string[] {
  const read = [...strings(spec)].filter((text) => text.includes(`steps.${step}.`));
  return resultNames(verb).filter(
    (name) => name === 'reason' || read.some((text) => text.includes(`$(steps.${step}.results.${name})`)),
  );
}

/** Why the results of a Task are too many for two steps more; nothing where they may fit. */
export function lacksRoom(spec: TaskSpec, retries = 0): string | undefined {
  const { least, kept } = resultsRoom(spec, STEPS + retries);
  if (least <= kept) return undefined;
  return (
    `Not cached: the results that the Task declares take ${least} bytes with nothing in them, and of each step's message the kubelet keeps ${kept} ` +
    'where two steps more are in the pod. Declare fewer, cache by `via: customrun`, or divide the Task.'
  );
}

/**
 * Bytes that the longest message of a step takes at least, and those that are kept of it. Each message repeats the results that the Task
 * has by then; at least all of them with nothing in them.
 */
function resultsRoom(spec: TaskSpec, ours: number): { readonly least: number; readonly kept: number } {
  const { steps = [], sidecars = [] } = spec;
  const ofTask = objects(spec['results']).filter(({ value }) => value === undefined);
  const entries = ofTask.map(({ name }) => ({ key: name ?? '', value: '', type: TYPES.taskResult }));
  const ofSteps = [...steps.map((step) => objects(step['results'])), [{ name: 'reason' }]];
  const messages = ofSteps.map((results) => {
    const own = results.map(({ name }) => ({ key: name ?? '', value: '', type: TYPES.stepResult }));
    return JSON.stringify([STARTED, ...entries, ...own]).length;
  });
  const containers = steps.length + ours + sidecars.length + initContainers(spec);
  return { least: Math.max(...messages), kept: Math.min(CONTAINER_BYTES, Math.floor(POD_BYTES / containers)) };
}

/** Tekton's own: one that copies its entrypoint, one for scripts, one for working directories that have to be made. */
function initContainers({ steps = [], sidecars = [] }: TaskSpec): number {
  const scripts = [...steps, ...sidecars].some(({ script }) => typeof script === 'string' && script !== '');
  const directories = steps.some(({ workingDir }) => isMade(workingDir));
  return 1 + Number(scripts) + Number(directories);
}

function isMade(workingDir: Json | undefined): boolean {
  if (typeof workingDir !== 'string' || workingDir === '') return false;
  return !workingDir.startsWith('/') || workingDir.startsWith('/workspace/');
}

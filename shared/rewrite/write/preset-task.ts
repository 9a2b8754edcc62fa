import { CacheError, ERROR_CODES } from '../../errors.ts';
import { environmentOf } from '../../presets/environment.ts';
import { isDirectory } from '../ask/source-workspace.ts';
import { compact } from '../json/json.ts';
import { presetsOf } from '../plan/presets/auto-presets.ts';
import { CACHES_ROOT } from '../plan/presets/preset-plan.ts';
import type { PresetPlan, StepPlan, TaskPlan } from '../plan/plan.ts';
import { FETCH_AFTER_ANNOTATION, isSkipped } from '../plan/task-annotations.ts';
import { stepName } from '../tekton/step-name.ts';
import type { Metadata, TaskSpec } from '../tekton/tekton.ts';
import { hidesProgram } from './parts/hidden-program.ts';
import { mergeWorkspaces } from './parts/renamed-workspace.ts';
import { lacksRoom } from './parts/results-room.ts';
import { isOnWindows } from './parts/windows.ts';
import { rewriteTask } from './task-rewrite.ts';
import type { TaskRewrite } from './task-rewrite.ts';
import { cannotCache } from './presets/cannot-cache.ts';
import { withVariables } from './presets/environment.ts';
import { deeperMounts, mountsOfOurs, ownVolumes } from './presets/own-volume.ts';
import { stepImages } from './presets/step-images.ts';

/** Tells in the TaskRun why the Task has no cache. */
const NOTE_ANNOTATION = 'cache.tekton.dev/note';

interface WrittenTask {
  readonly spec: TaskSpec;
  readonly metadata: Metadata;
}

/**
 * A Task for its plan: with the workspaces of the plan, or with the caches of presets. Throws WorkspaceNotSupported where the run is not to go
 * on without a cache, and steps of ours cannot run, or would cost the Task its results.
 */
export function writeTask(input: TaskRewrite): WrittenTask {
  const { spec, metadata, plan } = input;
  const { preset, renamed = {}, fetch, upload } = plan;
  const why = isSkipped(metadata)
    ? undefined
    : (isOnWindows(spec, plan) ?? hidesProgram(spec, plan) ?? lacksRoom(spec));
  if (why !== undefined) {
    const strict = [fetch, upload].some((step) => step?.strict === true);
    // An embedded Task has no name; who embeds it has.
    const who = metadata.name === undefined ? '' : `Task \`${metadata.name}\`: `;
    if (strict) throw new CacheError(ERROR_CODES.WorkspaceNotSupported, `${who}${why}`);
    return { spec: mergeWorkspaces(spec, renamed), metadata: withNote(metadata, why) };
  }
  if (preset === undefined) return { spec: rewriteTask(input), metadata };
  return isSkipped(metadata) ? { spec, metadata } : writePresetTask(input, preset);
}

function writePresetTask(input: TaskRewrite, preset: PresetPlan): WrittenTask {
  const { spec: given, metadata, plan, settings } = input;
  const place = plan.fetchAfter ?? metadata.annotations?.[FETCH_AFTER_ANNOTATION];
  const why = cannotCache({ spec: given, plan, preset, settings, place });
  if (why !== undefined) return { spec: given, metadata: withNote(metadata, why) };
  const { source = '' } = plan;
  const places = { root: CACHES_ROOT, source: isDirectory(source) ? source : `$(workspaces.${source}.path)` };
  const presets = presetsOf(preset.names);
  const volumes = ownVolumes(given, presets, CACHES_ROOT);
  const { spec, notes } = withVariables(deeperMounts(given, volumes), environmentOf(presets, places), {
    kept: volumes,
    byPod: preset.byPod ?? [],
    guessed: preset.names === 'auto',
    named: preset.named,
  });
  const [first, second] = given.steps ?? [];
  const found = preset.sourcesWithin && first !== undefined && second !== undefined ? stepName(first, 0) : undefined;
  const fetchAfter = place ?? found;
  const retries = place === undefined && found !== undefined ? retriesFor(given, plan) : 0;
  const written: TaskPlan = {
    ...plan,
    ...(fetchAfter === undefined ? {} : { fetchAfter }),
    fetch: withImage(plan.fetch, given),
    upload: withImage(plan.upload, given),
  };
  const mounts = mountsOfOurs(volumes);
  return { spec: rewriteTask({ ...input, spec, plan: written, notes, mounts, retries }), metadata };
}

/** Steps that look again for the sources cost a container each. */
const MOST_RETRIES = 2;

/** Any step but the last may be the one that brings the sources. Where a miss fails the Task there is no second look. */
function retriesFor(spec: TaskSpec, { fetch }: TaskPlan): number {
  if (fetch?.strict === true) return 0;
  const retries = Math.min((spec.steps ?? []).length - 2, MOST_RETRIES);
  return lacksRoom(spec, retries) === undefined ? retries : 0;
}

/** What is compiled depends on the image of the steps; where they have several, on all of them. */
function withImage({ options, strict }: StepPlan = { options: {}, strict: false }, spec: TaskSpec): StepPlan {
  const images = stepImages(spec);
  if (options['image'] !== undefined || images.length === 0) return { options, strict };
  const [only = ''] = images;
  // Brackets make the images a text, which is not taken for the digest at its end.
  return { options: { ...options, image: images.length === 1 ? only : `(${images.join(' ')})` }, strict };
}

function withNote(metadata: Metadata, note: string): Metadata {
  return compact({ ...metadata, annotations: { ...metadata.annotations, [NOTE_ANNOTATION]: note } });
}

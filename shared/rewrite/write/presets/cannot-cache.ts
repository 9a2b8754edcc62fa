import { isDirectory } from '../../ask/source-workspace.ts';
import { stepUsers } from '../../plan/identity/identity.ts';
import { CACHES_ROOT } from '../../plan/presets/preset-plan.ts';
import type { PresetPlan, TaskPlan } from '../../plan/plan.ts';
import type { StepSettings } from '../../plan/tasks/step-settings.ts';
import { placeAfter } from '../../tekton/step-name.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { findDirectory, isMountedOver } from '../parts/directory-mount.ts';

export interface Candidate {
  readonly spec: TaskSpec;
  readonly plan: TaskPlan;
  readonly preset: PresetPlan;
  readonly settings: StepSettings;
  /** The step that brings the sources, where somebody said so. */
  readonly place?: string | undefined;
}

/** Why the caches of presets would not work in a Task, and what to do; nothing where they do. */
export function cannotCache({ spec, plan, preset, settings, place }: Candidate): string | undefined {
  const { steps = [] } = spec;
  const { source = '' } = plan;
  if (steps.length === 0) return 'Not cached: the Task has no steps.';
  if (isMountedOver(spec, CACHES_ROOT)) {
    return `Not cached: a step or a workspace has something of its own over ${CACHES_ROOT}, where the caches would be. Mount it elsewhere, or give the Task a workspace, and cache that.`;
  }
  if (isDirectory(source) && findDirectory(spec, source) === undefined) {
    return `Not cached: no step mounts a volume at ${source} or above it, so that our steps cannot see the sources. Name their place in \`source\`.`;
  }
  if (preset.sourcesWithin && steps.length === 1 && !preset.named && place === undefined) {
    return 'Not cached: the sources arrive in this Task, and it has one step. Where that step builds, fetch them in a step before; where they are there already, name the task in `preset`.';
  }
  // The step that brings the sources, and those before it, use no cache. Where that step is only guessed, it may be one that builds.
  const users = steps.slice(placeAfter(steps, place ?? '') ?? 0);
  const [user, another] = stepUsers({ ...spec, steps: users }).filter((one) => one !== undefined && one !== 0);
  if (another !== undefined) {
    return `Not cached: steps run as users ${JSON.stringify(user)} and ${JSON.stringify(another)}, and what a tool keeps for the one the other could not change. Give the steps one \`runAsUser\`, name the step that brings the sources in \`fetch-after\`, or divide the Task.`;
  }
  if (isUserUnknown(spec, plan) && (settings.requiredContext !== undefined || isNotRoot(spec, plan))) {
    const where = settings.requiredContext === undefined ? 'the steps must not be root' : 'the namespace is restricted';
    return `Not cached: ${where} and only the image says who the steps run as, so that they could not write what our steps restore. Say \`runAsUser\` in the podTemplate.`;
  }
  return undefined;
}

/** Would our steps be another user than root, who cannot give away what it restores? They go by the last step. */
function isNotRoot({ steps = [], stepTemplate }: TaskSpec, { user }: TaskPlan): boolean {
  const parts = [steps.at(-1), stepTemplate];
  return user === 'non-root' || parts.some((part) => part?.securityContext?.['runAsNonRoot'] === true);
}

function isUserUnknown({ steps = [], stepTemplate }: TaskSpec, { user }: TaskPlan): boolean {
  const says = (part: { readonly securityContext?: { readonly runAsUser?: unknown } } | undefined): boolean =>
    part?.securityContext?.runAsUser !== undefined;
  return user !== 'given' && !says(stepTemplate) && !steps.some(says);
}

import { strings } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import type { PodUser } from '../plan.ts';
import type { Step, TaskSpec } from '../../tekton/tekton.ts';

/** The fields of a step's security context that say who it runs as. Our steps never take over `privileged` and the like. */
const TAKEN = [
  'runAsUser',
  'runAsGroup',
  'runAsNonRoot',
  'allowPrivilegeEscalation',
  'capabilities',
  'readOnlyRootFilesystem',
  'seccompProfile',
  'seLinuxOptions',
  'appArmorProfile',
];

/** The user of the helper image for pods that must not run as root and do not say as whom. */
const NON_ROOT = 65532;

export interface IdentityInput {
  readonly spec: TaskSpec;
  /** The workspaces that our steps fetch into and upload from. */
  readonly workspaces: readonly string[];
  /** What the podTemplate says. */
  readonly user: PodUser | undefined;
  /** The context where neither the Task nor the podTemplate names a user. */
  readonly fallback: JsonObject | undefined;
  /** What the namespace wants of every container. */
  readonly required: JsonObject | undefined;
}

/**
 * The security context of the step that uses the workspaces, so that what is fetched belongs to who reads it.
 * Tekton adds that of the stepTemplate where the step has none, Kubernetes that of the pod.
 */
export function securityContext({ spec, workspaces, user, fallback, required }: IdentityInput): JsonObject | undefined {
  const step = spec.steps?.find((one) => workspaces.some((name) => uses(one, name))) ?? spec.steps?.at(-1);
  const context = step?.securityContext ?? {};
  const taken = Object.fromEntries(
    TAKEN.flatMap((field) => (context[field] === undefined ? [] : [[field, context[field]]])),
  );
  const template = spec.stepTemplate?.securityContext ?? {};
  const given = user === 'given' || context['runAsUser'] !== undefined || template['runAsUser'] !== undefined;
  const nonRoot = user === 'non-root' || context['runAsNonRoot'] === true || template['runAsNonRoot'] === true;
  const chosen = given ? {} : nonRoot ? { runAsUser: NON_ROOT } : fallback;
  const result: JsonObject = { ...required, ...chosen, ...taken };
  return Object.keys(result).length === 0 ? undefined : result;
}

function uses(step: Step, workspace: string): boolean {
  if (step.workspaces?.some(({ name }) => name === workspace) === true) return true;
  for (const text of strings(step)) {
    if (text.includes(`$(workspaces.${workspace}.`) || text.includes(`/workspace/${workspace}`)) return true;
  }
  return false;
}

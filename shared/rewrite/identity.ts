import { strings } from './json.ts';
import type { JsonObject } from './json.ts';
import type { Step, TaskSpec } from './tekton.ts';

/** What of a step's security context is about who it runs as; `privileged` and the like are not ours to take. */
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

/**
 * The security context of the step that uses the workspaces, so that what is fetched belongs to who reads it.
 * Tekton adds that of the stepTemplate where the step has none, Kubernetes that of the pod.
 */
export function securityContext(
  spec: TaskSpec,
  workspaces: readonly string[],
  nonRoot: boolean,
): JsonObject | undefined {
  const user = spec.steps?.find((step) => workspaces.some((name) => uses(step, name))) ?? spec.steps?.at(-1);
  const context = user?.securityContext ?? {};
  const taken = TAKEN.filter((field) => context[field] !== undefined).map((field) => [field, context[field]]);
  const template = spec.stepTemplate?.securityContext ?? {};
  const named = context['runAsUser'] !== undefined || template['runAsUser'] !== undefined;
  const mustNotBeRoot = nonRoot || context['runAsNonRoot'] === true || template['runAsNonRoot'] === true;
  const chosen = !named && mustNotBeRoot ? { runAsUser: NON_ROOT } : {};
  const result: JsonObject = { ...Object.fromEntries(taken), ...chosen };
  return Object.keys(result).length === 0 ? undefined : result;
}

function uses(step: Step, workspace: string): boolean {
  if (step.workspaces?.some(({ name }) => name === workspace) === true) return true;
  for (const text of strings(step)) {
    if (text.includes(`$(workspaces.${workspace}.`) || text.includes(`/workspace/${workspace}`)) return true;
  }
  return false;
}

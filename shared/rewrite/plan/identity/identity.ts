import { strings } from '../../json/json.ts';
import type { Json, JsonObject } from '../../json/json.ts';
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

interface IdentityInput {
  readonly spec: TaskSpec;
  /** The workspaces that our steps fetch into and upload from. */
  readonly workspaces: readonly string[];
  /** What they restore is given to the user of the tool that made it. In a workspace it stays with who restores it. */
  readonly ofTools: boolean;
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
export function securityContext(input: IdentityInput): JsonObject | undefined {
  const { spec, workspaces, user, fallback, required } = input;
  const step = spec.steps?.find((one) => workspaces.some((name) => uses(one, name)));
  const context = contextOf(step ?? likelyUser(input));
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

/**
 * The step that our steps go by where none names the place: the last one. Where steps are different users, root is who can restore for each of
 * them what a tool keeps, and give it to the tool's user: a step that is root, or else nobody but the `fallback`.
 */
function likelyUser({
  spec,
  ofTools,
  user,
  fallback,
  required,
}: IdentityInput): Pick<Step, 'securityContext'> | undefined {
  const { steps = [], stepTemplate } = spec;
  const last = steps.at(-1);
  if (!ofTools || stepUsers(spec).length < 2) return last;
  const root = steps.find((step) => contextOf(step)['runAsUser'] === 0);
  if (root !== undefined) return root;
  const mayBeRoot =
    fallback?.['runAsUser'] === 0 &&
    user === undefined &&
    required === undefined &&
    contextOf(stepTemplate)['runAsNonRoot'] !== true;
  if (!mayBeRoot) return steps.findLast((step) => contextOf(step)['runAsUser'] !== undefined) ?? last;
  const { runAsUser: _user, runAsGroup: _group, runAsNonRoot: _nonRoot, ...securityContext } = contextOf(last);
  return { securityContext };
}

/** The users that the steps say they are, each once; undefined among them for steps whose image or pod says it. */
export function stepUsers({ steps = [], stepTemplate }: TaskSpec): (Json | undefined)[] {
  return [...new Set(steps.map((step) => contextOf(step)['runAsUser'] ?? contextOf(stepTemplate)['runAsUser']))];
}

function contextOf(part: Pick<Step, 'securityContext'> | undefined): JsonObject {
  return part?.securityContext ?? {};
}

function uses(step: Step, workspace: string): boolean {
  if (step.workspaces?.some(({ name }) => name === workspace) === true) return true;
  for (const text of strings(step)) {
    if (text.includes(`$(workspaces.${workspace}.`) || text.includes(`/workspace/${workspace}`)) return true;
  }
  return false;
}

import type { KubeClient } from '../../kube/api/client.ts';
import { controllerOf } from '../../kube/objects/object.ts';
import type { KubeObject, OwnerReference } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import { isLabelledHelper } from '../../helper-label.ts';
import { isDecided } from '../../tekton/condition.ts';
import type { Condition } from '../../tekton/condition.ts';
import { CUSTOM_RUNS } from '../../tekton/custom-run.ts';
import { TASK_RUNS } from '../../tekton/task-run.ts';
import { PIPELINE_RUNS } from '../../tekton/pipeline-run.ts';
import type { Refusal } from '../protocol/refusal.ts';

/** An object, and its kind, which the API server leaves out of answers to some questions. */
export interface Kinded {
  readonly kind: string;
  readonly object: KubeObject;
}

/** The run does not name its child in its status, and the child is so young that its controller may still write that. */
export class NotYet extends Error {}

/** PipelineRuns within each other; nobody nests deeper on purpose. */
const LONGEST_CHAIN = 6;
/** A controller may take this long to write the status after it made the child. */
const STATUS_DELAY_MS = 60_000;

/** An object, and the run that it names as its owner. */
interface Link {
  readonly child: Kinded;
  readonly owner: OwnerReference;
  /** Of the owner. */
  readonly kind: string;
}

interface RunObject extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] | null } | null;
}

const RUN_KINDS: readonly Resource<RunObject>[] = [TASK_RUNS, CUSTOM_RUNS, PIPELINE_RUNS];

/**
 * From a pod up to the run that nobody else made. Whoever may make an object may write any owner into it. So each owner has to name its child
 * in its status, which only its controller can write.
 */
export async function outermostRun(
  client: KubeClient,
  pod: KubeObject,
  signal: AbortSignal,
  nowMs: number,
): Promise<Kinded | Refusal> {
  let child: Kinded = { kind: 'Pod', object: pod };
  for (let steps = 0; steps < LONGEST_CHAIN; steps++) {
    const owner = controllerOf(child.object);
    const resource = RUN_KINDS.find(
      ({ group, kind }) => kind === owner?.kind && owner.apiVersion.startsWith(`${group}/`),
    );
    if (owner === undefined || resource === undefined) {
      return child.kind === 'Pod'
        ? noRun(`the pod ${pod.metadata.name} belongs to no TaskRun and no CustomRun`)
        : child;
    }
    const link = { child, owner, kind: resource.kind };
    const id = { namespace: pod.metadata.namespace ?? '', name: owner.name };
    // The API server's memory may be old. Nobody is refused by it.
    const remembered = await client.getRemembered(resource, id, signal);
    const parent = makes(remembered, link) ? remembered : await client.get(resource, id, signal);
    if (!makes(parent, link)) return notMade(parent, link, nowMs);
    child = { kind: resource.kind, object: parent };
  }
  return noRun('runs are within each other too deep');
}

/** Is it the run at work that made the child? */
function makes(parent: RunObject | undefined, { owner, child, kind }: Link): parent is RunObject {
  return (
    parent !== undefined &&
    parent.metadata.uid === owner.uid &&
    !isDecided(parent.status?.conditions) &&
    namesChild(kind, parent, child)
  );
}

/** Says why it is not. Throws `NotYet` where it may be soon. */
function notMade(parent: RunObject | undefined, { owner, child, kind }: Link, nowMs: number): Refusal {
  const name = `${kind} ${owner.name}`;
  const childName = `${child.kind} ${child.object.metadata.name}`;
  if (parent === undefined || parent.metadata.uid !== owner.uid) {
    return noRun(`${name}, which ${childName} names as its owner, is gone`);
  }
  // Its pod may be gone, and a pod of somebody else may have the name now.
  if (isDecided(parent.status?.conditions)) return noRun(`${name} has ended`);
  const message = `${name} does not name ${childName} as its own`;
  const age = nowMs - Date.parse(child.object.metadata.creationTimestamp ?? '');
  if (age < STATUS_DELAY_MS) throw new NotYet(message);
  return noRun(message);
}

/** Does the status of a run say that it made the child? */
function namesChild(kind: string, parent: KubeObject, child: Kinded): boolean {
  const { name } = child.object.metadata;
  const status = fieldOf(parent, 'status');
  switch (kind) {
    case TASK_RUNS.kind:
      return child.kind === 'Pod' && fieldOf(status, 'podName') === name;
    // Our own controller writes it: controller/cache-run/status. A pod of somebody else may have the name of one that was deleted.
    case CUSTOM_RUNS.kind: {
      const isNamed = fieldOf(fieldOf(status, 'extraFields'), 'pod') === name;
      return child.kind === 'Pod' && isNamed && isLabelledHelper(child.object);
    }
    default: {
      const children = fieldOf(status, 'childReferences');
      const isIt = (one: unknown): boolean => fieldOf(one, 'kind') === child.kind && fieldOf(one, 'name') === name;
      return Array.isArray(children) && children.some(isIt);
    }
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}

const noRun = (message: string): Refusal => ({ status: 401, reason: 'no-run', message });

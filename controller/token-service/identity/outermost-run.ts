import type { KubeClient } from '../../kube/api/client.ts';
import { controllerOf } from '../../kube/objects/object.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';
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
    const { namespace = '' } = pod.metadata;
    const parent = await client.get(resource, { namespace, name: owner.name }, signal);
    const name = `${resource.kind} ${owner.name}`;
    if (parent === undefined || parent.metadata.uid !== owner.uid) {
      return noRun(`${name}, which ${child.kind} ${child.object.metadata.name} names as its owner, is gone`);
    }
    // Its pod may be gone, and a pod of somebody else may have the name now.
    if (isDecided(parent.status?.conditions)) return noRun(`${name} has ended`);
    if (!namesChild(resource.kind, parent, child)) {
      const message = `${name} does not name ${child.kind} ${child.object.metadata.name} as its own`;
      const age = nowMs - Date.parse(child.object.metadata.creationTimestamp ?? '');
      if (age < STATUS_DELAY_MS) throw new NotYet(message);
      return noRun(message);
    }
    child = { kind: resource.kind, object: parent };
  }
  return noRun('runs are within each other too deep');
}

/** Does the status of a run say that it made the child? */
function namesChild(kind: string, parent: KubeObject, child: Kinded): boolean {
  const { name } = child.object.metadata;
  const status = fieldOf(parent, 'status');
  switch (kind) {
    case TASK_RUNS.kind:
      return child.kind === 'Pod' && fieldOf(status, 'podName') === name;
    // Our own controller writes it: controller/cache-run/status.
    case CUSTOM_RUNS.kind:
      return child.kind === 'Pod' && fieldOf(fieldOf(status, 'extraFields'), 'pod') === name;
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

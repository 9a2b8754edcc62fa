import { isNotFound } from '../../kube/api/api-error.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import { isDecided } from '../../tekton/condition.ts';
import type { Condition } from '../../tekton/condition.ts';
import { CUSTOM_RUNS } from '../../tekton/custom-run.ts';
import { TASK_RUNS } from '../../tekton/task-run.ts';
import { PIPELINE_RUNS } from '../../tekton/pipeline-run.ts';

interface Run extends KubeObject {
  readonly status?: { readonly conditions?: readonly Condition[] | null } | null;
}

/** Kinds of the outermost run of a pod, after whose UID the token service names its own repositories. */
const KINDS: readonly Resource<Run>[] = [PIPELINE_RUNS, TASK_RUNS, CUSTOM_RUNS];

/** UIDs of the runs that are at work in these namespaces. Throws `ApiError`: without an answer, nothing may be deleted. */
export async function activeRuns(client: KubeClient, namespaces: Iterable<string>): Promise<ReadonlySet<string>> {
  const active = new Set<string>();
  for (const namespace of namespaces) {
    for (const kind of KINDS) {
      for await (const uid of activeOf(client, kind, namespace)) active.add(uid);
    }
  }
  return active;
}

async function* activeOf(client: KubeClient, kind: Resource<Run>, namespace: string): AsyncGenerator<string, void> {
  try {
    for await (const { items } of client.pages(kind, { namespace })) {
      for (const { metadata, status } of items) {
        if (!isDecided(status?.conditions) && metadata.uid !== undefined) yield metadata.uid;
      }
    }
  } catch (error) {
    // An installation of Tekton may lack a kind.
    if (!isNotFound(error)) throw error;
  }
}

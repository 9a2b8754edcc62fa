import { invalidParams } from '../../shared/errors.ts';
import type { CacheError } from '../../shared/errors.ts';
import { isOurs } from '../../shared/rewrite/tekton/read/reference.ts';
import { isJson, isObject } from '../../shared/rewrite/json/json.ts';
import { isRun } from '../../shared/rewrite/tekton/read/schema.ts';
import type { Run } from '../../shared/rewrite/tekton/tekton.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { controllerOf } from '../kube/objects/object.ts';
import type { KubeObject, OwnerReference } from '../kube/objects/object.ts';
import type { Resource } from '../kube/objects/resource.ts';
import { TASK_RUNS } from '../tekton/task-run.ts';
import { PIPELINE_RUNS } from '../tekton/pipeline-run.ts';
import { RESOLUTION_REQUESTS, RESOLVER_LABEL } from '../tekton/resolution-request.ts';
import type { ResolutionRequest } from '../tekton/resolution-request.ts';

const RUNS: readonly Resource[] = [PIPELINE_RUNS, TASK_RUNS];
/** Requests within requests; nobody nests deeper on purpose. */
const LONGEST_CHAIN = 5;

/** The run that a request is for, through requests of other resolvers. A request says nothing of it but its owner. */
export async function findRequester(client: KubeClient, request: ResolutionRequest, signal: AbortSignal): Promise<Run> {
  let object: KubeObject = request;
  for (let steps = 0; steps < LONGEST_CHAIN; steps++) {
    const owner = controllerOf(object) ?? object.metadata.ownerReferences?.[0];
    if (owner === undefined) throw nobody('it has no owner');
    const found = await getOwner(client, object, owner, signal);
    if (owner.kind !== RESOLUTION_REQUESTS.kind) return asRun(found);
    if (isOurs(found.metadata.labels?.[RESOLVER_LABEL])) {
      throw invalidParams('The request comes from one of our own resolvers: one rewriting cannot be put into another.');
    }
    object = found;
  }
  throw nobody('its owners lead to no run');
}

async function getOwner(
  client: KubeClient,
  object: KubeObject,
  owner: OwnerReference,
  signal: AbortSignal,
): Promise<KubeObject> {
  const resource = [...RUNS, RESOLUTION_REQUESTS].find(
    ({ group, kind }) => kind === owner.kind && owner.apiVersion.startsWith(`${group}/`),
  );
  if (resource === undefined) throw nobody(`its owner is of kind ${owner.kind}`);
  const { namespace } = object.metadata;
  const found = await client.get(
    resource,
    { name: owner.name, ...(namespace === undefined ? {} : { namespace }) },
    signal,
  );
  if (found === undefined || found.metadata.uid !== owner.uid) throw nobody(`${owner.kind} ${owner.name} is gone`);
  return { apiVersion: owner.apiVersion, kind: owner.kind, ...found };
}

function asRun(found: KubeObject): Run {
  if (isObject(found) && isJson(found) && isRun(found)) return found;
  throw nobody('its owner is no run');
}

function nobody(why: string): CacheError {
  return invalidParams(
    `The request is for no PipelineRun and no TaskRun (${why}), and only a run says what its workspaces are.`,
  );
}

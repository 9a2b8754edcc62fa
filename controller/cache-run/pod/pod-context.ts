import type { Config } from '../../config/table.ts';
import { allowsRoot } from '../../identity.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { ResourceRequirements } from '../../kube/objects/pod.ts';
import { NAMESPACES } from '../../kube/objects/resource.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import {
  isPipelineRunDone,
  owningPipelineRun,
  PIPELINE_RUNS,
  PIPELINE_TASK_LABEL,
  podSettingsOf,
} from '../../tekton/pipeline-run.ts';
import type { PodTemplate } from '../../tekton/pod-template.ts';
import { readDockerSecrets } from '../../tekton/service-account.ts';
import { mountCredentials } from './credentials.ts';
import type { MountedCredentials } from './credentials.ts';
import { serviceAccountOf } from './helper-pod.ts';
import { memoryObstacle } from './memory-floor.ts';

/** What a pod has to fit into, and no run says itself. */
export interface PodContext {
  /** Of the owning PipelineRun. */
  readonly podTemplate: PodTemplate;
  /** Of the owning PipelineRun, or the configured ones. */
  readonly resources: ResourceRequirements;
  readonly rootAllowed: boolean;
  readonly credentials: MountedCredentials;
}

/** A sentence: why there cannot be a pod. */
export interface Obstacle {
  readonly obstacle: string;
}

/** Looks at the run's PipelineRun, service account and namespace, all at once: a pod waits for this. */
export async function loadPodContext(
  client: KubeClient,
  run: CustomRun,
  config: Config,
  signal: AbortSignal,
): Promise<PodContext | Obstacle> {
  const { namespace } = run.metadata;
  const [owner, secrets, space] = await Promise.all([
    ownerSettings(client, run, signal),
    readDockerSecrets(client, { namespace, name: serviceAccountOf(run) }, signal),
    client.getMetadata(NAMESPACES, { name: namespace }, signal),
  ]);
  if ('obstacle' in owner) return owner;
  const { podTemplate, resources = config.resources } = owner;
  const obstacle = memoryObstacle(resources);
  if (obstacle !== undefined) return { obstacle };
  if (!secrets) return { obstacle: `There is no service account ${serviceAccountOf(run)} in namespace ${namespace}.` };
  const rootAllowed = allowsRoot(space?.metadata.labels);
  return { podTemplate, resources, rootAllowed, credentials: mountCredentials(secrets) };
}

type OwnerSettings = Pick<PodContext, 'podTemplate'> & Partial<Pick<PodContext, 'resources'>>;

/** Without its PipelineRun a run has no affinity assistant, and soon no volumes: its pod would wait for ever. */
async function ownerSettings(
  client: KubeClient,
  run: CustomRun,
  signal: AbortSignal,
): Promise<OwnerSettings | Obstacle> {
  const reference = owningPipelineRun(run);
  if (!reference) return { podTemplate: {} };
  const { namespace } = run.metadata;
  const owner = await client.get(PIPELINE_RUNS, { namespace, name: reference.name }, signal);
  if (owner?.metadata.uid !== reference.uid) return { obstacle: `PipelineRun ${reference.name} is gone.` };
  if (isPipelineRunDone(owner)) return { obstacle: `PipelineRun ${reference.name} is over.` };
  return podSettingsOf(owner, run.metadata.labels?.[PIPELINE_TASK_LABEL]);
}

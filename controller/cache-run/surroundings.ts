import type { Config } from '../config/table.ts';
import { allowsRoot } from '../identity.ts';
import { isForbidden } from '../kube/api-error.ts';
import type { KubeClient } from '../kube/client.ts';
import type { ResourceRequirements } from '../kube/pod.ts';
import { NAMESPACES, SECRETS, SERVICE_ACCOUNTS } from '../kube/resource.ts';
import type { MetadataOnly, ServiceAccount } from '../kube/resource.ts';
import type { CustomRun } from '../tekton/custom-run.ts';
import {
  isPipelineRunDone,
  owningPipelineRun,
  PIPELINE_RUNS,
  PIPELINE_TASK_LABEL,
  podSettingsOf,
} from '../tekton/pipeline-run.ts';
import type { PodTemplate } from '../tekton/pod-template.ts';
import { secretNames } from '../tekton/service-account.ts';
import { mountCredentials } from './credentials.ts';
import type { MountedCredentials } from './credentials.ts';
import { serviceAccountOf } from './helper-pod.ts';
import { memoryObstacle } from './memory-floor.ts';

/** What a pod has to fit into, and no run says itself. */
export interface Surroundings {
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
export async function lookAround(
  client: KubeClient,
  run: CustomRun,
  config: Config,
  signal: AbortSignal,
): Promise<Surroundings | Obstacle> {
  const { namespace } = run.metadata;
  const [owner, account, space] = await Promise.all([
    ownerSettings(client, run, signal),
    accountAndSecrets(client, run, signal),
    client.getMetadata(NAMESPACES, { name: namespace }, signal),
  ]);
  if ('obstacle' in owner) return owner;
  const { podTemplate, resources = config.resources } = owner;
  const obstacle = memoryObstacle(resources);
  if (obstacle !== undefined) return { obstacle };
  if (!account) return { obstacle: `There is no service account ${serviceAccountOf(run)} in namespace ${namespace}.` };
  const credentials = mountCredentials(secretNames(account.account), account.secrets);
  return { podTemplate, resources, rootAllowed: allowsRoot(space?.metadata.labels), credentials };
}

type OwnerSettings = Pick<Surroundings, 'podTemplate'> & Partial<Pick<Surroundings, 'resources'>>;

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

async function accountAndSecrets(
  client: KubeClient,
  run: CustomRun,
  signal: AbortSignal,
): Promise<{ readonly account: ServiceAccount; readonly secrets: readonly MetadataOnly[] } | undefined> {
  const { namespace } = run.metadata;
  const account = await client.get(SERVICE_ACCOUNTS, { namespace, name: serviceAccountOf(run) }, signal);
  if (!account) return undefined;
  const secrets = secretNames(account).map(async (name) => await secretMetadata(client, { namespace, name }, signal));
  return { account, secrets: (await Promise.all(secrets)).filter((secret) => secret !== undefined) };
}

/** Only basic-auth secrets need this. Who does not want the controller to have the right can take it away. */
async function secretMetadata(
  client: KubeClient,
  id: { readonly namespace: string; readonly name: string },
  signal: AbortSignal,
): Promise<MetadataOnly | undefined> {
  try {
    return await client.getMetadata(SECRETS, id, signal);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
}

import type { DefaultIdentity } from '../../config/default-identity.ts';
import type { Config } from '../../config/table.ts';
import { allowsRoot, defaultIdentityIn } from '../../identity.ts';
import { CachedReads } from '../../kube/api/cached-reads.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import { objectKey } from '../../kube/objects/object.ts';
import type { ResourceRequirements } from '../../kube/objects/pod.ts';
import { NAMESPACES } from '../../kube/objects/resource.ts';
import type { MetadataOnly } from '../../kube/objects/resource.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import {
  isPipelineRunDone,
  owningPipelineRun,
  PIPELINE_RUNS,
  PIPELINE_TASK_LABEL,
  podSettingsOf,
} from '../../tekton/pipeline-run.ts';
import type { PipelineRun } from '../../tekton/pipeline-run.ts';
import type { PodTemplate } from '../../tekton/pod-template.ts';
import { readDockerSecrets } from '../../tekton/service-account.ts';
import type { AccountSecrets } from '../../tekton/service-account.ts';
import { mountCredentials } from './credentials.ts';
import type { MountedCredentials } from './credentials.ts';
import { serviceAccountOf } from './helper-pod.ts';
import { memoryObstacle } from './memory-floor.ts';

/** What a helper pod depends on besides its run. */
export interface PodContext {
  /** The owning PipelineRun's. */
  readonly podTemplate: PodTemplate;
  /** The owning PipelineRun's, or else those of the configuration. */
  readonly resources: ResourceRequirements;
  readonly rootAllowed: boolean;
  /** The user of the helper where the run does not say one. */
  readonly defaultIdentity: DefaultIdentity;
  readonly credentials: MountedCredentials;
  /** True where there are basic-auth secrets whose annotations we may not read. */
  readonly unseenSecrets: boolean;
}

/** A sentence: why there cannot be a pod. */
export interface Obstacle {
  readonly obstacle: string;
}

/** A burst of runs in one namespace reads the same objects, so each answer is kept this long. A change takes effect that much later at most. */
const READS = { ttlMs: 5000, max: 500 };

/** Loads the PodContext of a run from its PipelineRun, service account and namespace. */
export class PodContexts {
  readonly #client: KubeClient;
  readonly #owners = new CachedReads<PipelineRun>(READS);
  readonly #accounts = new CachedReads<AccountSecrets>(READS);
  readonly #namespaces = new CachedReads<MetadataOnly>(READS);

  constructor(client: KubeClient) {
    this.#client = client;
  }

  /** Reads all objects at the same time, as the pod waits for them. */
  async load(run: CustomRun, config: Config, signal: AbortSignal): Promise<PodContext | Obstacle> {
    const { namespace } = run.metadata;
    const account = serviceAccountOf(run);
    const [owner, secrets, space] = await Promise.all([
      this.#ownerSettings(run, signal),
      this.#accounts.get(objectKey(namespace, account), async () =>
        readDockerSecrets(this.#client, { namespace, name: account }, signal),
      ),
      this.#namespaces.get(namespace, async () => this.#client.getMetadata(NAMESPACES, { name: namespace }, signal)),
    ]);
    if ('obstacle' in owner) return owner;
    const { podTemplate, resources = config.resources } = owner;
    const obstacle = memoryObstacle(resources);
    if (obstacle !== undefined) return { obstacle };
    if (!secrets) return { obstacle: `There is no service account ${account} in namespace ${namespace}.` };
    const rootAllowed = allowsRoot(space?.metadata.labels);
    const defaultIdentity = defaultIdentityIn(space?.metadata, config.runAs);
    const credentials = mountCredentials(secrets.secrets);
    return { podTemplate, resources, rootAllowed, defaultIdentity, credentials, unseenSecrets: secrets.unseen };
  }

  /** Without its PipelineRun a run has no affinity assistant, and soon no volumes: its pod would wait for ever. */
  async #ownerSettings(run: CustomRun, signal: AbortSignal): Promise<OwnerSettings | Obstacle> {
    const reference = owningPipelineRun(run);
    if (!reference) return { podTemplate: {} };
    const { namespace } = run.metadata;
    const { name, uid } = reference;
    // The key has the UID, too: somebody can delete a PipelineRun and make another one of that name.
    const owner = await this.#owners.get(`${objectKey(namespace, name)} ${uid}`, async () =>
      this.#client.get(PIPELINE_RUNS, { namespace, name }, signal),
    );
    if (owner?.metadata.uid !== uid) return { obstacle: `PipelineRun ${name} is gone.` };
    if (isPipelineRunDone(owner)) return { obstacle: `PipelineRun ${name} is over.` };
    return podSettingsOf(owner, run.metadata.labels?.[PIPELINE_TASK_LABEL]);
  }
}

type OwnerSettings = Pick<PodContext, 'podTemplate'> & Partial<Pick<PodContext, 'resources'>>;

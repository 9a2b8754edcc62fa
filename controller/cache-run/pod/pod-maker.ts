import type { Config } from '../../config/table.ts';
import { identityOf } from '../../identity.ts';
import { isAlreadyExists, isRefused } from '../../kube/api/api-error.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { Informer } from '../../kube/informer/informer.ts';
import { isOwnedBy } from '../../kube/objects/object.ts';
import type { Pod } from '../../kube/objects/pod.ts';
import { PODS } from '../../kube/objects/resource.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import { attemptOf } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import { mergePodTemplates } from '../../tekton/pod-template.ts';
import { buildHelperPod, nameTakenBy } from './helper-pod.ts';
import { loadPodContext } from './pod-context.ts';
import type { Obstacle, PodContext } from './pod-context.ts';
import { timeoutMsOf } from '../request/work.ts';
import type { Work } from '../request/work.ts';

export interface PodMakerOptions {
  /** Of the runs. */
  readonly resource: Resource;
  readonly client: KubeClient;
  readonly pods: Informer<Pod>;
  readonly config: () => Config;
}

/** Makes the pod of an attempt as its surroundings want it. */
export class PodMaker {
  readonly #options: PodMakerOptions;

  constructor(options: PodMakerOptions) {
    this.#options = options;
  }

  /** @throws ApiError */
  async make(run: CustomRun, work: Work, signal: AbortSignal): Promise<Pod | Obstacle> {
    const { client, config } = this.#options;
    const podContext = await loadPodContext(client, run, config(), signal);
    return 'obstacle' in podContext ? podContext : await this.#createFitting(run, work, podContext, signal);
  }

  #plan(run: CustomRun, work: Work, podContext: PodContext): Pod {
    const { resource, config: configured } = this.#options;
    const config = configured();
    const { credentials, resources, rootAllowed } = podContext;
    const podTemplate = mergePodTemplates(run.spec.podTemplate, podContext.podTemplate, config.podTemplate);
    const { dockerConfigs, basicAuths } = credentials;
    return buildHelperPod({
      run,
      resource,
      attempt: attemptOf(run),
      request: { ...work.request, dockerConfigs, ...(basicAuths.length > 0 ? { basicAuths } : {}) },
      timeoutMs: timeoutMsOf(run),
      podTemplate,
      resources,
      identity: identityOf({
        runAs: work.runAs,
        template: podTemplate.securityContext,
        fallback: config.runAs,
        rootAllowed,
      }),
      volumes: [...work.volumes, ...credentials.volumes],
      mounts: [...work.mounts, ...credentials.mounts],
      config,
    });
  }

  /** A cluster may keep root out without a label on the namespace: then only its refusal tells. */
  async #createFitting(
    run: CustomRun,
    work: Work,
    podContext: PodContext,
    signal: AbortSignal,
  ): Promise<Pod | Obstacle> {
    try {
      return await this.#create(run, this.#plan(run, work, podContext), signal);
    } catch (error) {
      if (!podContext.rootAllowed || !isRefused(error) || !error.detail.includes('violates PodSecurity')) throw error;
      return await this.#create(run, this.#plan(run, work, { ...podContext, rootAllowed: false }), signal);
    }
  }

  /** Makes the pod, or takes the one of this run that was made before a restart, or by a second controller. */
  async #create(run: CustomRun, pod: Pod, signal: AbortSignal): Promise<Pod | Obstacle> {
    const { client, pods } = this.#options;
    try {
      const created = await client.create(PODS, pod, signal);
      pods.observe(created);
      return created;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const { namespace } = run.metadata;
      const found = await client.get(PODS, { namespace, name: pod.metadata.name }, signal);
      // It went in this very moment: the next try makes it.
      if (!found) throw error;
      return isOwnedBy(found, run) ? found : { obstacle: nameTakenBy(pod.metadata.name) };
    }
  }
}

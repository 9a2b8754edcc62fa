import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import type { Config } from '../../config/table.ts';
import { identityOf } from '../../identity.ts';
import { ApiError, isAlreadyExists, isOverQuota, isRefused } from '../../kube/api/api-error.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import { keyOf } from '../../kube/objects/object.ts';
import type { Pod } from '../../kube/objects/pod.ts';
import { PODS } from '../../kube/objects/resource.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import type { Metrics } from '../../metrics/metrics.ts';
import { attemptOf } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import { mergePodTemplates } from '../../tekton/pod-template.ts';
import { buildHelperPod, nameTakenBy } from './helper-pod.ts';
import { isHelperPodOf } from './helper-pods.ts';
import { PodContexts } from './pod-context.ts';
import { refusal } from './refusal.ts';
import type { Obstacle, PodContext } from './pod-context.ts';
import { timeoutMsOf } from '../request/work.ts';
import type { Work } from '../request/work.ts';

interface PodMakerOptions {
  /** The resource of the runs: CustomRuns, or legacy Runs. */
  readonly resource: Resource;
  readonly client: KubeClient;
  readonly config: () => Config;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The pod, or why there is none. */
type MadePod =
  | { readonly pod: Pod }
  | Obstacle
  /** The API server refuses the pod for now, and another try may succeed. */
  | { readonly refusedForNow: ApiError };

/** Makes the pod of an attempt. */
export class PodMaker {
  readonly #options: PodMakerOptions;
  readonly #podContexts: PodContexts;

  constructor(options: PodMakerOptions) {
    this.#options = options;
    this.#podContexts = new PodContexts(options.client);
  }

  /** Throws where the API server does not answer: then nobody can write a status either. */
  async make(run: CustomRun, work: Work, signal: AbortSignal): Promise<MadePod> {
    try {
      const podContext = await this.#podContexts.load(run, this.#options.config(), signal);
      return 'obstacle' in podContext ? podContext : await this.#createFitting(run, work, podContext, signal);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status === 0) throw error;
      return isRefused(error) && !isOverQuota(error) ? { obstacle: refusal(error) } : { refusedForNow: error };
    }
  }

  /**
   * A podTemplate may have faults that nobody has checked before. Another try would meet them again, so an error ends the attempt; it may also be a
   * bug.
   */
  #plan(run: CustomRun, work: Work, podContext: PodContext): Pod | Obstacle {
    try {
      return this.#build(run, work, podContext);
    } catch (error) {
      const { resource, metrics, log } = this.#options;
      metrics.errors.add({ controller: resource.plural });
      const stack = error instanceof Error ? error.stack : undefined;
      log.error('no pod can be made of a run', { run: keyOf(run), error: stack ?? messageOf(error) });
      return { obstacle: `The helper pod cannot be made, by its podTemplate perhaps: ${messageOf(error)}.` };
    }
  }

  #build(run: CustomRun, work: Work, podContext: PodContext): Pod {
    const { resource, config: configured } = this.#options;
    const config = configured();
    const { credentials, resources, rootAllowed, defaultIdentity } = podContext;
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
        fallback: defaultIdentity,
        rootAllowed,
      }),
      volumes: [...work.volumes, ...credentials.volumes],
      mounts: [...work.mounts, ...credentials.mounts],
      unseenSecrets: podContext.unseenSecrets,
      config,
    });
  }

  /** A cluster may refuse root without a label on the namespace: then only the refusal of the pod tells. */
  async #createFitting(run: CustomRun, work: Work, podContext: PodContext, signal: AbortSignal): Promise<MadePod> {
    try {
      return await this.#create(run, this.#plan(run, work, podContext), signal);
    } catch (error) {
      if (!podContext.rootAllowed || !isRefused(error) || !error.detail.includes('violates PodSecurity')) throw error;
      return await this.#create(run, this.#plan(run, work, { ...podContext, rootAllowed: false }), signal);
    }
  }

  /** Makes the pod, or takes the one of this run that was made before a restart, or by a second controller. */
  async #create(run: CustomRun, pod: Pod | Obstacle, signal: AbortSignal): Promise<MadePod> {
    if ('obstacle' in pod) return pod;
    const { client } = this.#options;
    try {
      return { pod: await client.create(PODS, pod, signal) };
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      const { namespace } = run.metadata;
      const found = await client.get(PODS, { namespace, name: pod.metadata.name }, signal);
      // Somebody has just deleted the pod: the next try makes it.
      if (!found) throw error;
      return isHelperPodOf(found, run) ? { pod: found } : { obstacle: nameTakenBy(pod.metadata.name) };
    }
  }
}

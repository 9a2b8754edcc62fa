import { createHash } from 'node:crypto';
import { cutName } from '../../../shared/interface/text/cut.ts';
import {
  CA_BUNDLE,
  programCommand,
  REQUEST_VARIABLE,
  STOP_MS,
  TERMINATION_LOG,
} from '../../../shared/request/protocol.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';
import type { Config } from '../../config/table.ts';
import { MANAGED_BY } from '../../helper-label.ts';
import type { Identity } from '../../identity.ts';
import type {
  Affinity,
  Container,
  EnvVar,
  Pod,
  ResourceRequirements,
  Volume,
  VolumeMount,
} from '../../kube/objects/pod.ts';
import { apiVersionOf } from '../../kube/objects/resource.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import { registryTokenMounts, registryTokenVolumes } from './registry-token-volume.ts';
import { podFields } from '../../tekton/pod-template.ts';
import type { PodTemplate } from '../../tekton/pod-template.ts';

/** Everything that a helper pod is made of. */
export interface HelperPodPlan {
  readonly run: CustomRun;
  readonly resource: Resource;
  readonly attempt: number;
  readonly request: CacheRequest;
  /** 0: none. */
  readonly timeoutMs: number;
  readonly podTemplate: PodTemplate;
  readonly resources: ResourceRequirements;
  readonly identity: Identity;
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
  readonly config: Config;
  /** Secrets of the type basic-auth may be missing among the credentials. */
  readonly unseenSecrets?: boolean;
}

/** Our container, whatever else admission puts beside it. */
export const CONTAINER = 'cache';
/**
 * An annotation of pods whose account has secrets that the controller may not read. If the registry then asks for credentials, the run tells the user
 * of it.
 */
export const UNSEEN_SECRETS = 'cache.tekton.dev/unseen-secrets';
/** Names the assistant whose node has the volume. */
const AFFINITY_ASSISTANT = 'pipeline.tekton.dev/affinity-assistant';
const PROGRAM = '/app/shared/helper/main.js';
/** The label that each kubelet puts on its node. */
const NODE_SYSTEM = 'kubernetes.io/os';
/** The kubelet ends the pod this long after the time of the run. It does so where the controller is away, or the helper hangs. */
const DEADLINE_MARGIN_S = 60;
/** How long the kubelet waits for a helper that has to end. A helper that is killed in its orderly stop leaves half-done work in the workspace. */
export const GRACE_S = STOP_MS / 1000 + 5;
/** What the API server takes; some 68 years. */
const MAX_DEADLINE_S = 2 ** 31 - 1;

/**
 * The name is a function of the run's UID and the attempt, so a second create is an AlreadyExists and nothing more. A new run under an old name has
 * another UID, hence other pods.
 */
export function podNameOf(run: CustomRun, attempt: number): string {
  const id = createHash('sha256').update(`${run.metadata.uid}/${attempt}`).digest('hex').slice(0, 10);
  return `${cutName(run.metadata.name, 48)}-${id}`;
}

/** Says that a pod of somebody else has the name of ours. Its owner may have forged its report, so the controller neither reads nor deletes it. */
export function nameTakenBy(pod: string): string {
  return `The pod \`${pod}\` has the name of the helper pod, but is not of this run. Delete it, and run the task again.`;
}

export function buildHelperPod(plan: HelperPodPlan): Pod {
  const { run, podTemplate, identity, volumes } = plan;
  const limitMs = shortest(plan.timeoutMs, plan.request.maxTimeMs);
  const { env: _, affinity, ...fields } = podTemplate;
  const needed = withAssistant(affinity, run.metadata.annotations?.[AFFINITY_ASSISTANT]);
  return {
    metadata: {
      name: podNameOf(run, plan.attempt),
      namespace: run.metadata.namespace,
      labels: labelsOf(run),
      ...(plan.unseenSecrets ? { annotations: { [UNSEEN_SECRETS]: 'true' } } : {}),
      ownerReferences: [
        {
          apiVersion: apiVersionOf(plan.resource),
          kind: plan.resource.kind,
          name: run.metadata.name,
          uid: run.metadata.uid,
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: {
      enableServiceLinks: false,
      ...podFields({ ...fields, ...onLinux(fields.nodeSelector) }),
      ...(needed ? { affinity: needed } : {}),
      securityContext: identity.pod,
      serviceAccountName: serviceAccountOf(run),
      automountServiceAccountToken: false,
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: GRACE_S,
      ...(limitMs > 0
        ? { activeDeadlineSeconds: Math.min(Math.ceil(limitMs / 1000) + DEADLINE_MARGIN_S, MAX_DEADLINE_S) }
        : {}),
      containers: [container(plan)],
      volumes: [...volumes, ...caVolumes(plan.config), ...registryTokenVolumes(plan.request)],
    },
  };
}

/** The helper image is for Linux, also where the podTemplate of a run puts its builds on Windows. */
function onLinux(nodeSelector: PodTemplate['nodeSelector']): Pick<PodTemplate, 'nodeSelector'> {
  return nodeSelector?.[NODE_SYSTEM] === 'windows' ? { nodeSelector: { ...nodeSelector, [NODE_SYSTEM]: 'linux' } } : {};
}

/** The account of the helper pod: `default` where the run names none, as for Tekton's own pods. */
export function serviceAccountOf(run: CustomRun): string {
  return run.spec.serviceAccountName || 'default';
}

function container({ config, request, identity, mounts, podTemplate, resources }: HelperPodPlan): Container {
  return {
    name: CONTAINER,
    image: config.image,
    imagePullPolicy: config.imagePullPolicy,
    command: [...programCommand(PROGRAM, caVariables(config))],
    env: environment(request, podTemplate.env ?? []),
    resources,
    securityContext: identity.container,
    terminationMessagePath: TERMINATION_LOG,
    // The last lines of the log, for a process that dies before it can report.
    terminationMessagePolicy: 'FallbackToLogsOnError',
    volumeMounts: [...mounts, ...caMounts(config), ...registryTokenMounts(request)],
  };
}

/** The template's variables, proxies above all. Those that would change what Node does are unset by the command. */
function environment(request: CacheRequest, given: readonly EnvVar[]): EnvVar[] {
  const own: EnvVar[] = [
    // Kubernetes makes `$` of `$$` in a value. JSON has another spelling for it.
    { name: REQUEST_VARIABLE, value: JSON.stringify(request).replaceAll('$', String.raw`\u0024`) },
    { name: 'HOME', value: '/tekton-cache' },
  ];
  return [...given.filter(({ name }) => !own.some((variable) => variable.name === name)), ...own];
}

function caVariables({ caBundle }: Config): Readonly<Record<string, string>> {
  return caBundle === '' ? {} : { NODE_EXTRA_CA_CERTS: `${CA_BUNDLE.directory}/${CA_BUNDLE.file}` };
}

function caVolumes({ caBundle }: Config): Volume[] {
  return caBundle === '' ? [] : [{ name: 'ca', configMap: { name: caBundle, optional: true } }];
}

function caMounts({ caBundle }: Config): VolumeMount[] {
  return caBundle === '' ? [] : [{ name: 'ca', mountPath: CA_BUNDLE.directory, readOnly: true }];
}

/**
 * Tekton's labels, by which people select pods, and our own. The run has all labels of its PipelineRun: with them, a foreign Service or quota could
 * select the helper pod.
 */
function labelsOf(run: CustomRun): Record<string, string> {
  const tekton = Object.entries(run.metadata.labels ?? {}).filter(([name]) => name.startsWith('tekton.dev/'));
  return { ...Object.fromEntries(tekton), 'tekton.dev/customRun': cutName(run.metadata.name, 63), ...MANAGED_BY };
}

/**
 * Adds the affinity to the run's affinity assistant, as Tekton does for TaskRuns:
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/internal/affinityassistant/transformer.go
 */
function withAssistant(affinity: Affinity | undefined, assistant: string | undefined): Affinity | undefined {
  if (!assistant) return affinity;
  const labels = { 'app.kubernetes.io/instance': assistant, 'app.kubernetes.io/component': 'affinity-assistant' };
  const term = { labelSelector: { matchLabels: labels }, topologyKey: 'kubernetes.io/hostname' };
  const required = affinity?.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  return {
    ...affinity,
    podAffinity: {
      ...affinity?.podAffinity,
      requiredDuringSchedulingIgnoredDuringExecution: [...required, term],
    },
  };
}

/** The shortest of several limits in milliseconds; 0 stands for no limit. */
function shortest(...limitsMs: readonly number[]): number {
  const set = limitsMs.filter((limit) => limit > 0);
  return set.length === 0 ? 0 : Math.min(...set);
}

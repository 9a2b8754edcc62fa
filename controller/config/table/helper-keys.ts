import { checkDefaultTarget } from '../../../shared/request/default-target.ts';
import { readIdentity } from '../default-identity.ts';
import { checkImage } from '../names.ts';
import { readPodTemplate } from '../pod-template.ts';
import { readBytes, readChecked, readCount, readDuration, readOneOf } from '../read-value.ts';
import { readResources } from '../resources.ts';
import { row } from './row.ts';

/** Helper pods and injected steps: what they run as and how many, how long they may take, how much they may move. */
export const HELPER_KEYS = {
  image: row({
    key: 'image',
    type: 'image reference',
    default: '',
    meaning: 'image of the helper pods and of injected steps; empty: the image of the controller itself',
    read: readChecked(checkImage),
  }),
  imagePullPolicy: row({
    key: 'image-pull-policy',
    type: 'word',
    default: 'IfNotPresent',
    meaning: '`IfNotPresent`, `Always` or `Never`',
    read: readOneOf('IfNotPresent', 'Always', 'Never'),
  }),
  defaultTarget: row({
    key: 'default-target',
    type: 'template',
    default: '',
    meaning:
      'the `target` of runs that have none, for example `registry.example.com/cache/{{namespace}}/{{workspace}}:{{hash}}`. A part `{{pipeline}}` of it is left out where the Pipeline has no name of its own, or, directly behind `{{namespace}}` in the registry of the installation (`registry`), one that is a place there: `untrusted`, `release` or `runs`',
    read: readChecked(checkDefaultTarget),
  }),
  runAs: row({
    key: 'run-as',
    type: '`auto`, `platform` or `uid[:gid[:fsGroup]]`',
    default: 'auto',
    meaning:
      'the user of a helper where neither the param `run-as` nor the podTemplate of the PipelineRun names one. `auto`: root with the few capabilities that keep ' +
      'owners and modes, or 65532 where the namespace is labelled for PodSecurity `restricted`; `platform`: whoever the cluster chooses. Where OpenShift gave the namespace a range of users, `auto` is `platform`',
    read: readIdentity,
  }),
  podTemplate: row({
    key: 'pod-template',
    type: 'YAML',
    default: '{}',
    meaning:
      'fields of a Tekton podTemplate for every helper pod; those of the PipelineRun win. `env` is the place for proxies',
    read: readPodTemplate,
  }),
  resources: row({
    key: 'resources',
    type: 'YAML',
    default: '{requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 1Gi}}',
    meaning:
      'resources of the helper container and of each injected step; for the former `taskRunSpecs[].computeResources` of the PipelineRun wins',
    read: readResources,
  }),
  schedulingDeadlineMs: row({
    key: 'scheduling-deadline',
    type: 'duration',
    default: '5m',
    meaning: 'how long a helper pod may wait for a node, or for quota, before its attempt ends; counted from its turn',
    read: readDuration,
  }),
  startDeadlineMs: row({
    key: 'start-deadline',
    type: 'duration',
    default: '3m',
    meaning: 'how long a scheduled helper pod may take to start: to mount its volumes and pull its image',
    read: readDuration,
  }),
  maxPods: row({
    key: 'max-pods',
    type: 'number',
    default: '100',
    meaning:
      'helper pods at once, in all namespaces; further runs are `Queued`. The last tenth is for namespaces that have none. Choose less than the nodes can hold',
    read: readCount,
  }),
  maxPodsPerNamespace: row({
    key: 'max-pods-per-namespace',
    type: 'number',
    default: '25',
    meaning: 'helper pods at once in one namespace; namespaces take turns',
    read: readCount,
  }),
  keepPods: row({
    key: 'keep-pods',
    type: 'word',
    default: 'all',
    meaning:
      'which finished helper pods stay, with their logs, when their run is over: `all`, `failed` (of helpers that failed; a miss is none) or `none`',
    read: readOneOf('all', 'failed', 'none'),
  }),
  keepPodsForMs: row({
    key: 'keep-pods-for',
    type: 'duration',
    default: '24h',
    meaning: 'how long finished helper pods stay at most; they go with their run in any case',
    read: readDuration,
  }),
  maxBytes: row({
    key: 'max-bytes',
    type: 'bytes',
    default: '50Gi',
    meaning: 'content of one entry; a larger one is not uploaded (`too-large`) and not fetched',
    read: readBytes,
  }),
  maxFiles: row({
    key: 'max-files',
    type: 'number',
    default: '5000000',
    meaning: 'files, directories and links of one entry',
    read: readCount,
  }),
  maxBlobBytes: row({
    key: 'max-blob-bytes',
    type: 'bytes',
    default: '5Gi',
    meaning: 'one compressed blob of an entry, and one file before compression',
    read: readBytes,
  }),
  maxExpansion: row({
    key: 'max-expansion',
    type: 'number',
    default: '200',
    meaning:
      'for images that another tool made: bytes for one compressed byte; more than that, and than 64 MiB, is taken for an attack and not fetched. Entries say their sizes beforehand, which `max-bytes` bounds',
    read: readCount,
  }),
  compression: row({
    key: 'compression',
    type: 'word',
    default: 'zstd',
    meaning: '`zstd`, or `gzip` for registries and tools that know no other',
    read: readOneOf('zstd', 'gzip'),
  }),
} as const;

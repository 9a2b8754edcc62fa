import { invalidParams } from '../../shared/errors.ts';
import { parseRunAs } from '../../shared/interface/run-as.ts';
import type { RunAs } from '../../shared/interface/run-as.ts';
import {
  checkCertificates,
  checkPublicKeys,
  checkRealm,
  checkRegistry,
} from '../../shared/interface/places/registry-token.ts';
import { LOG_LEVELS } from '../../shared/log.ts';
import { checkDefaultTarget } from '../../shared/request/default-target.ts';
import { POLICY_KEYS, readGrants, readTrustDefault, readTrustRules } from '../../shared/scope/policy.ts';
import { areNamed } from '../tekton/custom-run.ts';
import { POD_TEMPLATE_FIELDS } from '../tekton/pod-template.ts';
import type { PodTemplate } from '../tekton/pod-template.ts';
import { checkImage, checkObjectName } from './names.ts';
import {
  readBytes,
  readChecked,
  readCount,
  readDuration,
  readList,
  readMapping,
  readOneOf,
  readOptional,
} from './read-value.ts';
import type { Reader } from './read-value.ts';
import { readResources } from './resources.ts';

/** A key of the ConfigMap. */
export interface ConfigRow<T> {
  readonly key: string;
  /** As the reference page calls it. */
  readonly type: string;
  readonly default: string;
  readonly meaning: string;
  readonly read: Reader<T>;
  /** What a bad value counts as where no earlier one is known; the default when absent. */
  readonly whenWrong?: string;
}

const row = <T>(made: ConfigRow<T>): ConfigRow<T> => made;

/** Who the helper is when neither `run-as` nor the PipelineRun's podTemplate says so. */
export type DefaultIdentity = 'auto' | 'platform' | RunAs;

const readIdentity: Reader<DefaultIdentity> = (text) => {
  const word = text.trim();
  return word === 'auto' || word === 'platform' ? word : parseRunAs(word);
};

const readTemplateFields = readMapping<PodTemplate>([...POD_TEMPLATE_FIELDS, 'env']);

/** Variables are merged by their names, so they have to have some. */
const readPodTemplate: Reader<PodTemplate> = (text) => {
  const template = readTemplateFields(text);
  if (areNamed(template.env ?? [])) return template;
  throw invalidParams('`env` is no list of variables, each with a `name`');
};

/** The one table of configuration keys. Validation, defaults and the reference page come from it. */
export const CONFIG_TABLE = {
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
      'who a helper runs as when neither the param `run-as` nor the podTemplate of the PipelineRun says so. `auto`: root with the few capabilities that keep ' +
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
  insecureRegistries: row({
    key: 'insecure-registries',
    type: 'list',
    default: '',
    meaning: 'registries (`host[:port]`) for which the param `insecure` is allowed: plain HTTP or unverified TLS',
    read: readList,
  }),
  registry: row({
    key: 'registry',
    type: '`host[:port]`',
    default: '',
    meaning:
      'the registry for which nobody needs a secret: helpers prove themselves to its token server by the token of their service account. Without `default-target`, runs without a ' +
      '`target` keep their entries in it, as `{{namespace}}/{{pipeline}}/{{workspace}}:{{hash}}`',
    read: readChecked(checkRegistry),
  }),
  registryRealm: row({
    key: 'registry-realm',
    type: 'https address',
    default: '',
    meaning: 'the address of that token server, exactly as the registry names it in its challenge (`realm`)',
    read: readChecked(checkRealm),
  }),
  registryCa: row({
    key: 'registry-ca',
    type: 'PEM',
    default: '',
    meaning:
      'who has to have signed the certificates of that registry and its token server; empty: with `registry-certificates: own` the authority that the controller made, else the usual ones',
    read: readChecked(checkCertificates),
  }),
  registryCertificates: row({
    key: 'registry-certificates',
    type: 'word',
    default: 'given',
    meaning:
      "`own`: the controller makes and renews the certificates of that registry and its token server, in the Secrets of `manifests/overlays/registry`, and tells helpers of its authority; `given`: they are somebody else's to keep",
    read: readOneOf('given', 'own'),
  }),
  verify: row({
    key: 'verify',
    type: 'word',
    default: 'off',
    meaning:
      '`require`, `warn` or `off`: whether entries need a [statement of who wrote them](provenance.md) that is believed. Where the param of a run says something stricter, that counts. A bad value counts as `require` where no earlier one is known, as when the controller starts',
    read: readOneOf('off', 'warn', 'require'),
    // A slip of the pen must not turn off the verification.
    whenWrong: 'require',
  }),
  provenanceKeys: row({
    key: 'provenance-keys',
    type: 'PEM',
    default: '',
    meaning:
      'public keys of those whose statements are believed; empty: the keys of the token service, which it publishes in the ConfigMap `tekton-cache-provenance-keys`',
    read: readChecked(checkPublicKeys),
  }),
  caBundle: row({
    key: 'ca-bundle',
    type: 'name',
    default: '',
    meaning:
      'ConfigMap in the namespace of the run whose key `ca-bundle.crt` holds certificates that the helper trusts as well; a namespace without it is fine',
    read: readChecked(checkObjectName),
  }),
  tokenServices: row({
    key: 'token-services',
    type: 'list',
    default: 'tekton-cache-registry',
    meaning:
      'names by which registries may ask the [token service](token-service.md) for tokens: `auth.token.service` in the configuration of each',
    read: readList,
  }),
  tokenGrants: row({
    key: POLICY_KEYS.grants,
    type: 'YAML',
    default: '[]',
    meaning:
      'repositories that runs of some namespaces may use beside those of their own: a list of `{from: {namespaces, labels}, repositories, allow: pull or push}`',
    read: readGrants,
  }),
  tokenTrust: row({
    key: POLICY_KEYS.trustRules,
    type: 'YAML',
    default: '[]',
    meaning:
      'how far runs are trusted: a list of `{trust, match}`, of which the first that matches counts. `trust`: `trusted`, `untrusted` or `release`',
    read: readTrustRules,
  }),
  tokenTrustDefault: row({
    key: POLICY_KEYS.trustDefault,
    type: 'word',
    default: 'forks',
    meaning:
      'how far runs are trusted that no rule of `token-trust` matches: `forks` (pull requests of forks are untrusted, all else is trusted), `trusted`, `untrusted` or `release`',
    read: readTrustDefault,
  }),
  storageKeepUnusedMs: row({
    key: 'storage-keep-unused',
    type: 'duration',
    default: '720h',
    meaning:
      'how long an entry stays in the registry of the installation that nobody fetched and nobody uploaded ([storage.md](storage.md); so are all keys `storage-...`)',
    read: readDuration,
  }),
  storageKeepAtMostMs: row({
    key: 'storage-keep-at-most',
    type: 'duration',
    default: '',
    meaning: 'how long an entry stays after its upload, used or not; empty: for ever',
    read: readOptional(readDuration),
  }),
  storageKeepRunsMs: row({
    key: 'storage-keep-runs',
    type: 'duration',
    default: '1h',
    meaning: 'how long what is below `NAMESPACE/runs/UID` stays after its last use, when that run is over',
    read: readDuration,
  }),
  storageKeepUntrustedMs: row({
    key: 'storage-keep-untrusted',
    type: 'duration',
    default: '168h',
    meaning: 'how long what is below `NAMESPACE/untrusted` stays without a use',
    read: readDuration,
  }),
  storageEntriesPerRepository: row({
    key: 'storage-max-entries-per-repository',
    type: 'number',
    default: '',
    meaning: 'entries of one repository; the least recently used ones go; empty: no bound',
    read: readOptional(readCount),
  }),
  storageEntriesPerNamespace: row({
    key: 'storage-max-entries-per-namespace',
    type: 'number',
    default: '',
    meaning: 'entries of one namespace; empty: no bound',
    read: readOptional(readCount),
  }),
  storageEntries: row({
    key: 'storage-max-entries',
    type: 'number',
    default: '',
    meaning: 'entries in all; empty: no bound',
    read: readOptional(readCount),
  }),
  storageBytesPerNamespace: row({
    key: 'storage-max-bytes-per-namespace',
    type: 'bytes',
    default: '',
    meaning: 'bytes of one namespace in the registry; empty: no bound',
    read: readOptional(readBytes),
  }),
  storageBytes: row({
    key: 'storage-max-bytes',
    type: 'bytes',
    default: '',
    meaning:
      'bytes in the registry in all; empty: no bound. `release-registry.yaml` sets it below the size of its claim',
    read: readOptional(readBytes),
  }),
  storageWhenFull: row({
    key: 'storage-when-full',
    type: 'word',
    default: 'evict',
    meaning:
      'past one of the four bounds above: `evict`, the least recently used entries go; `refuse`, they stay, and nobody may push there',
    read: readOneOf('evict', 'refuse'),
  }),
  storageCollectEveryMs: row({
    key: 'storage-collect-every',
    type: 'duration',
    default: '24h',
    meaning:
      'how often entries are deleted and the registry collects its garbage at most; nobody can upload for some ten minutes then. Past a bound on bytes or entries it is an hour at most',
    read: readDuration,
  }),
  logLevel: row({
    key: 'log-level',
    type: 'word',
    default: 'info',
    meaning: '`error`, `warn`, `info` or `debug`, of the controller, the token service and the housekeeper',
    read: readOneOf(...LOG_LEVELS),
  }),
} as const;

export type ConfigName = keyof typeof CONFIG_TABLE;
export type Config = { readonly [Name in ConfigName]: ReturnType<(typeof CONFIG_TABLE)[Name]['read']> };

import type { RunAs } from '../shared/interface/run-as.ts';
import type { DefaultIdentity } from './config/default-identity.ts';
import type { ObjectMeta } from './kube/objects/object.ts';
import type { Capabilities, PodSecurityContext, SecurityContext } from './kube/objects/pod.ts';

/** The user of the helper. Fetched files belong to that user, who must be able to read what the helper uploads. */
export interface Identity {
  readonly pod: PodSecurityContext;
  readonly container: SecurityContext;
}

export interface IdentitySources {
  /** The param `run-as`. */
  readonly runAs?: RunAs | undefined;
  /** The podTemplate's security context: who runs the steps that use the cache. */
  readonly template?: PodSecurityContext | undefined;
  readonly fallback: DefaultIdentity;
  /** May a pod run as root here? */
  readonly rootAllowed: boolean;
}

/** The user of the image. A helper runs as this user where nobody says who, and root is not allowed. */
const NONROOT = 65532;

/**
 * What root needs to write and read files of any owner and set owners and modes exactly; nothing that reaches out of the
 * volume. PodSecurity `baseline` allows each of them.
 */
const ROOT_CAPABILITIES = ['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID'];

/** A namespace's label says whether PodSecurity lets root in: https://kubernetes.io/docs/concepts/security/pod-security-standards/ */
export function allowsRoot(namespaceLabels: Readonly<Record<string, string>> | undefined): boolean {
  return namespaceLabels?.['pod-security.kubernetes.io/enforce'] !== 'restricted';
}

/** OpenShift has it on each namespace, and refuses there users out of this range unless somebody allows them by hand. */
const USER_RANGE = 'openshift.io/sa.scc.uid-range';

/** `auto` leaves the user to a cluster that gives its namespaces users of their own. */
export function defaultIdentityIn(
  namespace: Pick<ObjectMeta, 'annotations'> | undefined,
  configured: DefaultIdentity,
): DefaultIdentity {
  return configured === 'auto' && namespace?.annotations?.[USER_RANGE] !== undefined ? 'platform' : configured;
}

/** User, group and fsGroup each come from the first that says: `run-as`, the podTemplate, the configuration. */
export function identityOf({ runAs, template, fallback, rootAllowed }: IdentitySources): Identity {
  const chosen = defaultRunAs(fallback, rootAllowed && template?.runAsNonRoot !== true, template);
  const user = runAs?.uid ?? template?.runAsUser ?? chosen?.uid;
  const group =
    runAs?.gid ?? (runAs ? undefined : template?.runAsGroup) ?? (user === chosen?.uid ? chosen?.gid : undefined);
  const fsGroup = runAs?.fsGroup ?? template?.fsGroup ?? (user === chosen?.uid ? chosen?.fsGroup : undefined);
  const isRoot = user === 0;
  const { runAsUser: _user, runAsGroup: _group, ...rest } = template ?? {};
  return {
    pod: {
      seccompProfile: { type: 'RuntimeDefault' },
      ...rest,
      runAsNonRoot: !isRoot,
      ...(user === undefined ? {} : { runAsUser: user }),
      ...(group === undefined ? {} : { runAsGroup: group }),
      ...(fsGroup === undefined ? {} : { fsGroup }),
    },
    container: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: capabilities(isRoot),
    },
  };
}

function capabilities(isRoot: boolean): Capabilities {
  return { drop: ['ALL'], ...(isRoot ? { add: ROOT_CAPABILITIES } : {}) };
}

/** Tekton's steps run as root unless somebody says otherwise, so root is what fits their files. */
function defaultRunAs(
  fallback: DefaultIdentity,
  rootAllowed: boolean,
  template: PodSecurityContext | undefined,
): RunAs | undefined {
  if (fallback === 'platform') return undefined;
  if (fallback !== 'auto') return fallback;
  return rootAllowed ? { uid: 0, gid: 0 } : { uid: NONROOT, fsGroup: template?.fsGroup ?? NONROOT };
}

import { compact } from '../../shared/rewrite/json/json.ts';
import type { JsonObject } from '../../shared/rewrite/json/json.ts';
import type { RewriteSettings } from '../../shared/rewrite/resolve.ts';
import { allowsRoot, defaultIdentityIn, identityOf } from '../identity.ts';
import { limitsOf } from '../config/config.ts';
import { defaultTargetOf, registryTokenOf } from '../config/registry.ts';
import type { DefaultIdentity } from '../config/default-identity.ts';
import type { Config } from '../config/table.ts';
import type { ObjectMeta } from '../kube/objects/object.ts';

/** What the configuration, and what the namespace wants of containers, mean for steps of ours. */
export function rewriteSettings(
  config: Config,
  namespace: Pick<ObjectMeta, 'annotations' | 'labels'> | undefined,
): RewriteSettings {
  const { image, imagePullPolicy, resources, insecureRegistries, runAs, compression, caBundle, verify } = config;
  const target = defaultTargetOf(config);
  const registryToken = registryTokenOf(config);
  const rootAllowed = allowsRoot(namespace?.labels);
  const securityContext = stepUser(defaultIdentityIn(namespace, runAs), rootAllowed);
  return {
    image,
    imagePullPolicy,
    resources: { ...resources },
    insecureRegistries,
    limits: limitsOf(config),
    compression,
    caBundle,
    ...(verify === 'off' ? {} : { verify }),
    ...(target === undefined ? {} : { target }),
    ...(registryToken === undefined ? {} : { registryToken }),
    ...(securityContext === undefined ? {} : { securityContext }),
    ...(rootAllowed ? {} : { requiredContext: RESTRICTED }),
  };
}

/** What PodSecurity `restricted` wants of every container, whoever it runs as. */
const RESTRICTED: JsonObject = {
  runAsNonRoot: true,
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  seccompProfile: { type: 'RuntimeDefault' },
};

/** The security context of our steps, as helper pods have it. The root file system stays writable: Tekton's entrypoint copies credentials into it. */
function stepUser(fallback: DefaultIdentity, rootAllowed: boolean): JsonObject | undefined {
  const { pod, container } = identityOf({ fallback, rootAllowed });
  const { runAsUser, runAsGroup } = pod;
  const { allowPrivilegeEscalation, capabilities } = container;
  if (runAsUser === undefined) return undefined;
  return compact({ runAsUser, runAsGroup, allowPrivilegeEscalation, capabilities: { ...capabilities } });
}

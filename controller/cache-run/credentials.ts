import type { BasicAuth } from '../../shared/protocol.ts';
import type { Volume, VolumeMount, VolumeProjection } from '../kube/pod.ts';
import type { MetadataOnly } from '../kube/resource.ts';

/** The docker credentials of a service account, as files in the helper pod; the controller never sees them. */
export interface MountedCredentials {
  /** Directories with a docker configuration, in order. */
  readonly dockerConfigs: readonly string[];
  readonly basicAuths: readonly BasicAuth[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

const DIRECTORY = '/tekton-cache/credentials';
const VOLUME = 'credentials';
/** Tekton's mark of a basic-auth secret for a registry; the value is its host. */
const DOCKER_ANNOTATION = 'tekton.dev/docker-';

/**
 * Projects only the keys of docker credentials, and only if they are there: a token or an ssh key in the same list of secrets
 * never reaches the pod. User name and password of a basic-auth secret come along if it is annotated for a registry.
 */
export function mountCredentials(names: readonly string[], known: readonly MetadataOnly[]): MountedCredentials {
  if (names.length === 0) return { dockerConfigs: [], basicAuths: [], volumes: [], mounts: [] };
  const secrets = names.map((name) => ({
    name,
    directory: `${DIRECTORY}/${name}`,
    servers: registriesOf(known.find((secret) => secret.metadata.name === name)),
  }));
  return {
    dockerConfigs: secrets.map(({ directory }) => directory),
    basicAuths: secrets
      .filter(({ servers }) => servers.length > 0)
      .map(({ directory, servers }) => ({ directory, servers })),
    volumes: [
      { name: VOLUME, projected: { sources: secrets.flatMap(({ name, servers }) => projections(name, servers)) } },
    ],
    mounts: [{ name: VOLUME, mountPath: DIRECTORY, readOnly: true }],
  };
}

function registriesOf(secret: MetadataOnly | undefined): readonly string[] {
  const annotations = Object.entries(secret?.metadata.annotations ?? {});
  return annotations.filter(([name]) => name.startsWith(DOCKER_ANNOTATION)).map(([, server]) => server);
}

/** Both keys of a projection must be there unless it is optional, so each has its own. */
function projections(secret: string, servers: readonly string[]): readonly VolumeProjection[] {
  const keys = ['.dockerconfigjson', '.dockercfg', ...(servers.length > 0 ? ['username', 'password'] : [])];
  return keys.map((key) => ({
    secret: { name: secret, optional: true, items: [{ key, path: `${secret}/${key}` }] },
  }));
}

import { basicAuthsOf, secretProjections } from '../../../shared/request/docker-secret.ts';
import type { DockerSecret } from '../../../shared/request/docker-secret.ts';
import { CREDENTIALS_DIRECTORY } from '../../../shared/request/protocol.ts';
import type { BasicAuth } from '../../../shared/request/protocol.ts';
import type { Volume, VolumeMount } from '../../kube/objects/pod.ts';

/** The docker credentials of a service account, as files in the helper pod; the controller never sees them. */
export interface MountedCredentials {
  /** Directories with a docker configuration, in order. */
  readonly dockerConfigs: readonly string[];
  readonly basicAuths: readonly BasicAuth[];
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

const VOLUME = 'credentials';

export function mountCredentials(secrets: readonly DockerSecret[]): MountedCredentials {
  if (secrets.length === 0) return { dockerConfigs: [], basicAuths: [], volumes: [], mounts: [] };
  return {
    dockerConfigs: secrets.map(({ name }) => `${CREDENTIALS_DIRECTORY}/${name}`),
    basicAuths: basicAuthsOf(CREDENTIALS_DIRECTORY, secrets),
    volumes: [{ name: VOLUME, projected: { sources: secretProjections(secrets) } }],
    mounts: [{ name: VOLUME, mountPath: CREDENTIALS_DIRECTORY, readOnly: true }],
  };
}

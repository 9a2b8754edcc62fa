import { PROJECTED_TOKEN } from '../../../shared/interface/places/registry-token.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';
import type { Volume, VolumeMount } from '../../kube/objects/pod.ts';

const VOLUME = 'registry-token';

/**
 * The token with which a helper proves itself to the token server of the installation, where its request needs one. The kubelet gets
 * it from the API server and keeps it new; it is good for that server alone.
 */
export function registryTokenVolumes({ registryToken }: CacheRequest): readonly Volume[] {
  if (registryToken === undefined) return [];
  const { file: path, audience, expirationSeconds } = PROJECTED_TOKEN;
  return [{ name: VOLUME, projected: { sources: [{ serviceAccountToken: { audience, expirationSeconds, path } }] } }];
}

export function registryTokenMounts({ registryToken }: CacheRequest): readonly VolumeMount[] {
  return registryToken === undefined ? [] : [{ name: VOLUME, mountPath: PROJECTED_TOKEN.directory, readOnly: true }];
}

import { randomBytes } from 'node:crypto';

import type { KubeClient } from '../../kube/api/client.ts';
import { readSecret, writeSecret } from '../../kube/api/kept-secret.ts';

/** In the namespace of the installation; our manifests have it, empty, and the registry waits until it is filled. */
export const NOTIFICATION_SECRET = 'tekton-cache-storage-notifications';
const ITEM = 'secret';

/** What the registry proves itself with. Makes it where there is none. Throws `ApiError`, and where the Secret is not there. */
export async function sharedSecret(client: KubeClient, namespace: string): Promise<string> {
  const secret = await readSecret(client, { namespace, name: NOTIFICATION_SECRET });
  if (secret === undefined) {
    throw new Error(`there is no Secret ${namespace}/${NOTIFICATION_SECRET}: apply the manifests of the registry`);
  }
  const known = secret.texts[ITEM];
  if (known !== undefined) return known;
  const made = randomBytes(32).toString('hex');
  const isWritten = await writeSecret(client, secret, { [ITEM]: made });
  return isWritten ? made : await sharedSecret(client, namespace);
}

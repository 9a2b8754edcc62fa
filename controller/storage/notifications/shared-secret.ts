import { randomBytes } from 'node:crypto';

import { isConflict } from '../../kube/api/api-error.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import { SECRETS } from '../../kube/objects/resource.ts';
import type { Resource } from '../../kube/objects/resource.ts';

/** In the namespace of the installation; our manifests have it, empty, and the registry waits until it is filled. */
export const NOTIFICATION_SECRET = 'tekton-cache-storage-notifications';
const ITEM = 'secret';

interface Secret extends KubeObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

const NOTIFICATION_SECRETS: Resource<Secret> = SECRETS;

/** What the registry proves itself with. Makes it where there is none. Throws `ApiError`, and where the Secret is not there. */
export async function sharedSecret(client: KubeClient, namespace: string): Promise<string> {
  const id = { namespace, name: NOTIFICATION_SECRET };
  const secret = await client.get(NOTIFICATION_SECRETS, id);
  if (secret === undefined) {
    throw new Error(`there is no Secret ${namespace}/${NOTIFICATION_SECRET}: apply the manifests of the registry`);
  }
  const known = secret.data?.[ITEM];
  if (known !== undefined) return Buffer.from(known, 'base64').toString('utf8');
  const made = randomBytes(32).toString('hex');
  const { resourceVersion } = secret.metadata;
  try {
    const version = resourceVersion === undefined ? {} : { resourceVersion };
    const data = { [ITEM]: Buffer.from(made).toString('base64') };
    await client.patch(NOTIFICATION_SECRETS, { ...id, ...version }, { data });
    return made;
  } catch (error) {
    if (isConflict(error)) return await sharedSecret(client, namespace);
    throw error;
  }
}

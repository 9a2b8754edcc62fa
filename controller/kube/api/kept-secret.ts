import type { KubeObject } from '../objects/object.ts';
import { SECRETS } from '../objects/resource.ts';
import type { Resource } from '../objects/resource.ts';
import { isConflict } from './api-error.ts';
import type { KubeClient, ObjectName } from './client.ts';

/** A Secret of the installation, whose items a program of the installation fills and renews. */
export interface KeptSecret {
  readonly id: ObjectName & { readonly resourceVersion?: string };
  readonly annotations: Readonly<Record<string, string>>;
  /** Its items. */
  readonly texts: Readonly<Record<string, string>>;
}

interface Secret extends KubeObject {
  /** The values, in base64. */
  readonly data?: Readonly<Record<string, string>>;
}

const KEPT_SECRETS: Resource<Secret> = SECRETS;

/** Undefined where there is none. Throws `ApiError`. */
export async function readSecret(client: KubeClient, id: ObjectName): Promise<KeptSecret | undefined> {
  const secret = await client.get(KEPT_SECRETS, id);
  if (secret === undefined) return undefined;
  const { resourceVersion, annotations = {} } = secret.metadata;
  return {
    id: resourceVersion === undefined ? id : { ...id, resourceVersion },
    annotations,
    texts: mapped(secret.data ?? {}, (value) => Buffer.from(value, 'base64').toString('utf8')),
  };
}

/** Writes items. False: somebody else has written the Secret since it was read, and nothing is changed. Throws `ApiError`. */
export async function writeSecret(
  client: KubeClient,
  { id }: KeptSecret,
  texts: Readonly<Record<string, string>>,
): Promise<boolean> {
  try {
    const data = mapped(texts, (text) => Buffer.from(text, 'utf8').toString('base64'));
    await client.patch(KEPT_SECRETS, id, { data });
    return true;
  } catch (error) {
    if (isConflict(error)) return false;
    throw error;
  }
}

const mapped = (
  items: Readonly<Record<string, string>>,
  change: (value: string) => string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(items).map(([name, value]) => [name, change(value)]));

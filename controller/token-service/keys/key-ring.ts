import type { Log } from '../../../shared/log.ts';
import { describeError, isConflict } from '../../kube/api/api-error.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import type { KubeObject } from '../../kube/objects/object.ts';
import { SECRETS } from '../../kube/objects/resource.ts';
import type { Resource } from '../../kube/objects/resource.ts';
import { signingKeyOf } from './access-token.ts';
import type { SigningKey } from './access-token.ts';
import { renewedKeys, signingOf } from './key-secret.ts';
import type { KeySecret } from './key-secret.ts';

/** In the namespace of the installation; our manifests have it, empty. */
export const KEY_SECRET = 'tekton-cache-token-keys';

export interface KeyRingOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly log: Log;
  readonly now?: () => Date;
}

interface Secret extends KubeObject {
  /** In base64. */
  readonly data?: Readonly<Record<string, string>>;
}

const KEY_SECRETS: Resource<Secret> = SECRETS;
const EVERY_MS = 60_000;
/** Before there is a key at all. */
const FIRST_MS = 2000;
const ITEMS = ['authority.crt', 'authority.key', 'signing.crt', 'signing.key'] as const;

/** The signing key of the Secret as it is now. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  #key: SigningKey | undefined;
  #trouble = 'not read yet';
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** Nothing as long as the Secret could not be read once. */
  get key(): SigningKey | undefined {
    return this.#key;
  }

  /** For `/readyz`. */
  get trouble(): string | undefined {
    return this.#key === undefined ? this.#trouble : undefined;
  }

  /** Reads the keys, now and again and again. */
  async start(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      this.#trouble = describeError(error);
      this.#options.log.warn('the keys could not be read', { secret: KEY_SECRET, problem: this.#trouble });
    }
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => void this.start(), this.#key === undefined ? FIRST_MS : EVERY_MS);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #refresh(): Promise<void> {
    const { client, namespace, log, now = () => new Date() } = this.#options;
    const id = { namespace, name: KEY_SECRET };
    const secret = await client.get(KEY_SECRETS, id);
    if (secret === undefined) {
      throw new Error(`there is no Secret ${namespace}/${KEY_SECRET}: apply the manifests of the token service`);
    }
    const known = decode(secret.data ?? {});
    const renewed = renewedKeys(known, now());
    if (renewed !== undefined) {
      const { resourceVersion } = secret.metadata;
      const version = resourceVersion === undefined ? {} : { resourceVersion };
      try {
        await client.patch(KEY_SECRETS, { ...id, ...version }, { data: encode(renewed) });
      } catch (error) {
        // The other replica was first: its keys are there now.
        if (isConflict(error)) return await this.#refresh();
        throw error;
      }
      const isNew = renewed['authority.crt'] !== known['authority.crt'];
      log.info(isNew ? 'made an authority and a signing key' : 'renewed the signing key', { secret: KEY_SECRET });
    }
    this.#key = signingKeyOf(signingOf({ ...EMPTY, ...known, ...renewed }));
  }
}

const EMPTY: KeySecret = { 'authority.crt': '', 'authority.key': '', 'signing.crt': '', 'signing.key': '' };

function decode(data: Readonly<Record<string, string>>): Partial<KeySecret> {
  const items = ITEMS.flatMap((name) => {
    const value = data[name];
    return value === undefined ? [] : [[name, Buffer.from(value, 'base64').toString('utf8')] as const];
  });
  return Object.fromEntries(items);
}

function encode(keys: KeySecret): Readonly<Record<string, string>> {
  return Object.fromEntries(ITEMS.map((name) => [name, Buffer.from(keys[name]).toString('base64')]));
}

import { messageOf } from '../../../shared/errors.ts';
import type { Log } from '../../../shared/log.ts';
import { PUBLIC_KEYS, PUBLIC_KEYS_ITEM } from '../../config/published-keys.ts';
import type { ProvenanceKey } from '../../../shared/provenance/statement/keys.ts';
import type { KubeClient } from '../../kube/api/client.ts';
import { readSecret, writeSecret } from '../../kube/api/kept-secret.ts';
import { CONFIG_MAPS } from '../../kube/objects/resource.ts';
import { signingKeyOf } from './access-token.ts';
import type { SigningKey } from './access-token.ts';
import { renewedKeys, signingOf } from './key-secret.ts';
import type { KeySecret } from './key-secret.ts';
import { provenanceKeyOf, renewedProvenance } from './provenance-key.ts';
import type { ProvenanceItems } from './provenance-key.ts';

/** In the namespace of the installation; our manifests have it, empty. */
export const KEY_SECRET = 'tekton-cache-token-keys';

interface KeyRingOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  readonly log: Log;
  readonly now?: () => Date;
}

const EVERY_MS = 60_000;
/** Between looks as long as there is no key at all. */
const FIRST_MS = 2000;

type Items = KeySecret & ProvenanceItems;

/** The keys of the Secret as they are now. */
export class KeyRing {
  readonly #options: KeyRingOptions;
  #key: SigningKey | undefined;
  #provenance: ProvenanceKey | undefined;
  #trouble = 'not read yet';
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: KeyRingOptions) {
    this.#options = options;
  }

  /** The key that signs tokens now; undefined before the Secret was read once. */
  get key(): SigningKey | undefined {
    return this.#key;
  }

  /** Signs statements of who wrote an entry. */
  get provenance(): ProvenanceKey | undefined {
    return this.#provenance;
  }

  /** Why there is no good key, for `/readyz`. */
  get trouble(): string | undefined {
    return this.#key === undefined ? this.#trouble : undefined;
  }

  /** Reads the keys now, and again each minute. */
  async start(): Promise<void> {
    try {
      await this.#refresh();
    } catch (error) {
      this.#trouble = messageOf(error);
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
    const secret = await readSecret(client, { namespace, name: KEY_SECRET });
    if (secret === undefined) {
      throw new Error(`there is no Secret ${namespace}/${KEY_SECRET}: apply the manifests of the token service`);
    }
    const known: Partial<Items> = secret.texts;
    const [tokens, provenance] = [renewedKeys(known, now()), renewedProvenance(known)];
    if (tokens !== undefined || provenance !== undefined) {
      // The other replica was first: its keys are there now.
      if (!(await writeSecret(client, secret, { ...tokens, ...provenance }))) return await this.#refresh();
      for (const what of newsOf(known, { ...tokens, ...provenance })) log.info(what, { secret: KEY_SECRET });
    }
    const keys = { ...EMPTY, ...known, ...tokens, ...provenance };
    this.#key = signingKeyOf(signingOf(keys));
    // Helpers believe only published keys: until the new key is published, the former one signs.
    if (await this.#publish(keys['provenance.pub'])) this.#provenance = provenanceKeyOf(keys['provenance.key']);
  }

  /** Are the keys published, by now or before? Where the write fails the service logs that, and tries again with the next look. */
  async #publish(publicKeys: string): Promise<boolean> {
    const { client, namespace, log } = this.#options;
    const id = { namespace, name: PUBLIC_KEYS };
    try {
      const there = await client.get(CONFIG_MAPS, id);
      if (there?.data?.[PUBLIC_KEYS_ITEM] === publicKeys) return true;
      await client.patch(CONFIG_MAPS, id, { data: { [PUBLIC_KEYS_ITEM]: publicKeys } });
      log.info('published the public keys of statements', { configMap: PUBLIC_KEYS });
      return true;
    } catch (error) {
      log.warn('the public keys of statements cannot be published', {
        configMap: PUBLIC_KEYS,
        problem: messageOf(error),
      });
      return false;
    }
  }
}

function newsOf(known: Partial<Items>, made: Partial<Items>): string[] {
  const isNew = (item: keyof Items): boolean => made[item] !== undefined && made[item] !== known[item];
  return [
    ...(isNew('authority.crt') ? ['made an authority and a signing key'] : []),
    ...(isNew('signing.key') && !isNew('authority.crt') ? ['renewed the signing key'] : []),
    ...(isNew('provenance.key') ? ['made a key for statements'] : []),
  ];
}

const EMPTY: Items = {
  'authority.crt': '',
  'authority.key': '',
  'signing.crt': '',
  'signing.key': '',
  'provenance.key': '',
  'provenance.pub': '',
};

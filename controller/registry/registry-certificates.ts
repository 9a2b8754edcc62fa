import { messageOf } from '../../shared/errors.ts';
import { checkCertificates } from '../../shared/interface/places/registry-token.ts';
import type { RegistryToken } from '../../shared/interface/places/registry-token.ts';
import type { Log } from '../../shared/log.ts';
import type { CertifiedKey } from '../certificates/authority.ts';
import type { KubeClient } from '../kube/api/client.ts';
import { readSecret, writeSecret } from '../kube/api/kept-secret.ts';
import type { KeptSecret } from '../kube/api/kept-secret.ts';
import { renewedCertificates, SERVERS } from './certificate-secrets.ts';
import type { Certificates, Hosts } from './certificate-secrets.ts';

/** In the namespace of the installation; our manifests have them, empty. */
export const CERTIFICATE_SECRETS = {
  authority: 'tekton-cache-registry-authority',
  registry: 'tekton-cache-registry-tls',
  tokenService: 'tekton-cache-token-service-tls',
  storage: 'tekton-cache-storage-tls',
} as const;

interface RegistryCertificatesOptions {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The registry whose certificates are ours to make; undefined where there is none. */
  readonly registry: () => Pick<RegistryToken, 'registry' | 'realm'> | undefined;
  readonly log: Log;
  readonly now?: () => Date;
}

type SecretName = keyof typeof CERTIFICATE_SECRETS;

interface Renewal {
  readonly known: CertifiedKey | undefined;
  readonly renewed: CertifiedKey;
  /** Of the keys in the Secret. */
  readonly prefix: 'ca' | 'tls';
  /** What signed it, where it did not sign itself. */
  readonly authority?: CertifiedKey;
}

const NAMES = ['authority', ...SERVERS] as const;
/** The housekeeper's Service, in the namespace of the installation. */
const STORAGE_SERVICE = 'tekton-cache-storage';
const EVERY_MS = 60_000;
/** Between two checks while no registry is configured, or something is wrong: pods wait for their certificates. */
const SOON_MS = 2000;
/** On each Secret that cert-manager writes. */
const CERT_MANAGER = 'cert-manager.io/certificate-name';

/** Keeps the Secrets with the certificates of the registry, its token server and its housekeeper. */
export class RegistryCertificates {
  readonly #options: RegistryCertificatesOptions;
  #authority = '';
  readonly #known = Promise.withResolvers<void>();
  #timer: NodeJS.Timeout | undefined;
  #isStopped = false;

  constructor(options: RegistryCertificatesOptions) {
    this.#options = options;
  }

  /** The certificate of the authority, in PEM; empty as long as there is none. */
  get authority(): string {
    return this.#authority;
  }

  /** Settles when the authority is known, or there is none to know. */
  async known(): Promise<void> {
    await this.#known.promise;
  }

  /** Checks the Secrets now, and again each minute. */
  async start(): Promise<void> {
    const waitMs = await this.#look();
    if (!this.#isStopped) this.#timer = setTimeout(() => void this.start(), waitMs);
  }

  stop(): void {
    this.#isStopped = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<number> {
    const { registry: find, log } = this.#options;
    const registry = find();
    if (registry === undefined) {
      this.#authority = '';
      this.#known.resolve();
      // The configuration may name a registry at any time.
      return SOON_MS;
    }
    try {
      const hosts = {
        registry: new URL(`https://${registry.registry}/`).hostname,
        tokenService: new URL(registry.realm).hostname,
        storage: `${STORAGE_SERVICE}.${this.#options.namespace}.svc`,
      };
      await this.#keep(hosts);
      this.#known.resolve();
      return EVERY_MS;
    } catch (error) {
      log.warn('the certificates of the registry cannot be kept', { problem: messageOf(error) });
      return SOON_MS;
    }
  }

  async #keep(hosts: Hosts): Promise<void> {
    const { namespace, now = () => new Date(), log } = this.#options;
    const [authority, registry, tokenService, storage] = await Promise.all(NAMES.map((name) => this.#read(name)));
    if (authority === undefined || registry === undefined || tokenService === undefined || storage === undefined) {
      throw new Error(`a Secret of ${Object.values(CERTIFICATE_SECRETS).join(', ')} is not in ${namespace}`);
    }
    if (registry.annotations[CERT_MANAGER] !== undefined) {
      // Our former authority did not sign what cert-manager makes.
      this.#authority = '';
      this.#authority = authorityIn(registry);
      return;
    }
    const known = {
      ...certifiedKey('authority', authority, 'ca'),
      ...certifiedKey('registry', registry, 'tls'),
      ...certifiedKey('tokenService', tokenService, 'tls'),
      ...certifiedKey('storage', storage, 'tls'),
    };
    const renewed = renewedCertificates(known, hosts, now());
    if (renewed !== undefined) {
      const signed = { prefix: 'tls', authority: renewed.authority } as const;
      // The authority is written first: certificates that it signed must never be there without it.
      const isWritten =
        (await this.#write(authority, { known: known.authority, renewed: renewed.authority, prefix: 'ca' })) &&
        (await this.#write(registry, { known: known.registry, renewed: renewed.registry, ...signed })) &&
        (await this.#write(tokenService, { known: known.tokenService, renewed: renewed.tokenService, ...signed })) &&
        (await this.#write(storage, { known: known.storage, renewed: renewed.storage, ...signed }));
      // Another controller was first: what it wrote is there now.
      if (!isWritten) return await this.#keep(hosts);
      log.info('made certificates of the registry, its token server and its housekeeper', {
        hosts: Object.values(hosts),
      });
    }
    this.#authority = (renewed ?? { authority: known.authority }).authority?.certificate ?? '';
  }

  async #read(name: SecretName): Promise<KeptSecret | undefined> {
    const { client, namespace } = this.#options;
    return await readSecret(client, { namespace, name: CERTIFICATE_SECRETS[name] });
  }

  /** False when somebody else has written the Secret since it was read. */
  async #write(secret: KeptSecret, { known, renewed, prefix, authority }: Renewal): Promise<boolean> {
    if (known === renewed) return true;
    return await writeSecret(this.#options.client, secret, {
      [`${prefix}.crt`]: renewed.certificate,
      [`${prefix}.key`]: renewed.key,
      ...(authority === undefined ? {} : { 'ca.crt': authority.certificate }),
    });
  }
}

function certifiedKey(name: SecretName, { texts }: KeptSecret, prefix: 'ca' | 'tls'): Partial<Certificates> {
  const [certificate, key] = [texts[`${prefix}.crt`], texts[`${prefix}.key`]];
  if (certificate === undefined || key === undefined) return {};
  return { [name]: { certificate, key } };
}

/** The authority in a Secret that cert-manager keeps. Throws InvalidParams. */
function authorityIn({ texts }: KeptSecret): string {
  const pem = texts['ca.crt'] ?? '';
  checkCertificates(pem);
  return pem;
}

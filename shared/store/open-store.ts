import type { CollectionWait } from './auth/collection-wait.ts';
import type { BasicAuthFiles } from './auth/docker/basic-auth.ts';
import type { RegistryToken } from '../interface/places/registry-token.ts';
import { dockerCredentials } from './auth/docker/docker-credentials.ts';
import { ConnectionLimit } from './http/connection/connection-limit.ts';
import { RETRY_POLICY } from './retry/retry-policy.ts';
import type { RetryPolicy } from './retry/retry-policy.ts';
import { LayoutStore } from './layout/layout-store.ts';
import { parseTarget } from './reference.ts';
import { ContactDeadline } from './registry/client/contact-deadline.ts';
import type { Timeouts } from './registry/client/registry-request.ts';
import { RegistryStore } from './registry/registry-store.ts';
import type { Store } from './store.ts';
import { newTransfer } from './transfer.ts';
import type { Transfer } from './transfer.ts';

export interface StoreOptions {
  /** Plain HTTP or unverified TLS for the target's registry. Loopback has plain HTTP anyway. */
  readonly insecure?: boolean;
  /** Registries, `host[:port]`, that are insecure by configuration. */
  readonly insecureRegistries?: readonly string[];
  /** Directories searched for a docker configuration, in order. */
  readonly dockerConfigs?: readonly string[];
  /** User names and passwords for registries, after the docker configurations. */
  readonly basicAuths?: readonly BasicAuthFiles[];
  /** The registry of the installation. For any other it has no meaning. */
  readonly registryToken?: RegistryToken;
  /** Lets pushes wait while that registry collects its garbage; without it they are refused meanwhile. Stores of one request share it. */
  readonly collectionWait?: CollectionWait;
  /** A PEM file of authorities to believe besides the usual ones. */
  readonly caFile?: string;
  /** The variables with `HTTPS_PROXY` and `NO_PROXY`; by default those of the process. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Counts what is moved. */
  readonly transfer?: Transfer;
  /** Told of what is wrong but can be done without, such as a broken docker configuration. Never holds a secret. */
  readonly warn?: (message: string) => void;
  readonly timeouts?: Partial<Timeouts>;
  readonly retry?: Partial<RetryPolicy>;
  /** How long the first answer of a registry may take, tries included, in milliseconds. */
  readonly contactMs?: number;
  /** The deadlines by registry, kept from store to store: a registry that is out of reach is waited for once. */
  readonly contacts?: Map<string, ContactDeadline>;
  /** Bounds the connections to each host over all stores that share it. */
  readonly connections?: ConnectionLimit;
}

export interface OpenedStore {
  readonly store: Store;
  /** The target's tag or digest in it. */
  readonly reference: string;
}

export const TIMEOUTS: Timeouts = { connectMs: 10_000, stallMs: 30_000, commitMs: 300_000 };

/** How long the first answer of a registry may take, tries included: an outage may cost a build seconds, not minutes. */
const CONTACT_MS = 15_000;

/**
 * The store of a target, `registry/repository[:tag][@digest]` or `oci:DIR[:TAG]`. Does no I/O; throws `InvalidParams`
 * when the target is no reference. Close the store at the end.
 */
export function openStore(target: string, options: StoreOptions = {}): OpenedStore {
  const parsed = parseTarget(target);
  const transfer = options.transfer ?? newTransfer();
  if (parsed.kind === 'layout') {
    return { store: new LayoutStore({ dir: parsed.dir, transfer }), reference: parsed.reference };
  }
  const { registry, repository, reference } = parsed;
  const contact = options.contacts?.get(registry) ?? new ContactDeadline(options.contactMs ?? CONTACT_MS);
  options.contacts?.set(registry, contact);
  const store = new RegistryStore({
    registry,
    repository,
    insecure: options.insecure === true || (options.insecureRegistries ?? []).includes(registry),
    credentials: dockerCredentials({
      directories: options.dockerConfigs ?? [],
      basicAuths: options.basicAuths ?? [],
      warn: options.warn ?? (() => undefined),
    }),
    caFile: options.caFile,
    registryToken: options.registryToken?.registry === registry ? options.registryToken : undefined,
    collectionWait: options.collectionWait,
    environment: options.environment ?? process.env,
    transfer,
    timeouts: { ...TIMEOUTS, ...options.timeouts },
    retry: { ...RETRY_POLICY, ...options.retry },
    contact,
    connections: options.connections ?? new ConnectionLimit(),
    warn: options.warn ?? (() => undefined),
  });
  return { store, reference };
}

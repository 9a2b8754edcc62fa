import { randomBytes } from 'node:crypto';

import { sha256 } from '../../../shared/store/digest.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { StoreOptions } from '../../../shared/store/open-store.ts';
import type { Descriptor, Store } from '../../../shared/store/store.ts';
import { newTransfer } from '../../../shared/store/transfer.ts';
import type { Transfer } from '../../../shared/store/transfer.ts';
import { patient } from '../../support/patience.ts';
import { FaultProxy } from '../../support/registry/fault-proxy.ts';
import type { Answer, Fault } from '../../support/registry/fault-proxy.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RegistryKind, RunningRegistry } from '../../support/registry/registry-process.ts';
import { CONFIG, imageOf, OCI_MANIFEST, writeAll } from './store-contract.ts';

export const MIB = 1024 * 1024;
export const BLOBS = /\/blobs\/sha256:/;
export const UPLOADS = /\/blobs\/uploads\//;
export const MANIFESTS = /\/manifests\//;

/**
 * Retries are quick, so that the suite is: what is tested is which retries there are, not how long they wait. A busy machine is
 * never taken for a stall: where something stalls, the test says so with timeouts of its own.
 */
export const OPTIONS = {
  timeouts: { connectMs: patient(30_000), stallMs: patient(30_000), commitMs: patient(60_000) },
  retry: { attempts: 4, baseMs: 2, capMs: 10, longestRetryAfterMs: 5_000 },
} satisfies StoreOptions;

export const change = (to: (answer: Answer) => Partial<Answer>): Fault => ({
  kind: 'change',
  to: (answer) => ({ ...answer, ...to(answer) }),
});

/** For a registry that goes silent once, and has to answer the next request in this time. */
export const STALLS_ONCE = { ...OPTIONS.timeouts, stallMs: patient(2_000), commitMs: patient(2_000) };

/** For a registry that never answers what is asked of it then. */
export const STALLS_ALWAYS = { ...OPTIONS.timeouts, stallMs: patient(500), commitMs: patient(500) };

/** Nothing goes wrong with this one. */
export const PASSED: Fault = change((answer) => answer);

/** Another body, and the length that fits it. */
export const withBody = ({ headers }: Pick<Answer, 'headers'>, body: Buffer): Partial<Answer> => ({
  headers: { ...headers, 'content-length': `${body.length}` },
  body,
});

/** Another body, and no word of its length. */
export const withUnknownBody = ({ headers }: Pick<Answer, 'headers'>, body: Buffer): Partial<Answer> => {
  const { 'content-length': _, ...others } = headers;
  return { headers: others, body };
};

export const status = (code: number, headers: Record<string, string> = {}): Fault => ({
  kind: 'answer',
  status: code,
  headers,
});

export const refusal = (code: number, name: string, message = 'says the test'): Fault => ({
  kind: 'answer',
  status: code,
  body: JSON.stringify({ errors: [{ code: name, message }] }),
});

/** A copy with one bit changed in its middle. */
export const flipped = (bytes: Buffer): Buffer => {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(copy.length >> 1) ^ 1, copy.length >> 1);
  return copy;
};

/** A real registry behind a fault proxy; its repository `kept` has an image and a large blob. */
export class FaultBench {
  readonly blob = randomBytes(20 * MIB + 321);
  registry!: RunningRegistry;
  descriptor!: Descriptor;
  proxy!: FaultProxy;
  /** Of all stores of the current test. */
  transfer!: Transfer;
  /** The repository `kept`. */
  store!: Store;
  #opened: Store[] = [];
  #repositories = 0;

  /** Registers the hooks of mocha. */
  install(kind: RegistryKind = 'docker-registry'): this {
    before(() => this.#start(kind));
    beforeEach(() => this.#renew());
    afterEach(() => this.#close());
    after(() => this.registry.stop());
    return this;
  }

  /** A repository behind the proxy; a new one unless it is named. */
  open(name = `repository-${this.#repositories++}`, timeouts: StoreOptions['timeouts'] = OPTIONS.timeouts): Store {
    const { store } = openStore(`${this.proxy.host}/${name}`, { ...OPTIONS, timeouts, transfer: this.transfer });
    this.#opened.push(store);
    return store;
  }

  async #start(kind: RegistryKind): Promise<void> {
    this.registry = await startRegistry({ kind });
    const { store } = openStore(`${this.registry.host}/kept`);
    this.descriptor = await writeAll(store, this.blob);
    await store.putBlob(sha256(CONFIG), CONFIG);
    await store.putManifest('v1', OCI_MANIFEST, imageOf([]));
    await store.close();
  }

  async #renew(): Promise<void> {
    this.proxy = await FaultProxy.start(this.registry.host);
    this.transfer = newTransfer();
    this.store = this.open('kept');
    // Finds the endpoint, which is none of what the tests count.
    await this.store.hasBlob(this.descriptor.digest);
    Object.assign(this.transfer, newTransfer());
  }

  async #close(): Promise<void> {
    for (const store of this.#opened) await store.close();
    this.#opened = [];
    this.proxy.stop();
  }
}

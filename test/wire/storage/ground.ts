import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { policyOf, readConfig } from '../../../controller/config/config.ts';
import { StorageMetrics } from '../../../controller/metrics/storage-metrics.ts';
import { TokenMetrics } from '../../../controller/metrics/token-metrics.ts';
import { Collection } from '../../../controller/storage/collection/collection.ts';
import type { StateMap } from '../../../controller/storage/collection/state-map.ts';
import { Housekeeper } from '../../../controller/storage/housekeeper.ts';
import { Inventory } from '../../../controller/storage/inventory/inventory.ts';
import { serveNotifications } from '../../../controller/storage/notifications/notification-server.ts';
import type { RegistryEvent } from '../../../controller/storage/notifications/registry-event.ts';
import { takeEvent } from '../../../controller/storage/notifications/take-event.ts';
import { RegistryApi } from '../../../controller/storage/registry/registry-api.ts';
import { rulesOf } from '../../../controller/storage/retention/rules.ts';
import { pushesEndAt, withholdingOf } from '../../../controller/storage-state.ts';
import { signingKeyOf } from '../../../controller/token-service/keys/access-token.ts';
import { renewedKeys, signingOf } from '../../../controller/token-service/keys/key-secret.ts';
import { PodLimits } from '../../../controller/token-service/pod-limits.ts';
import { serveTokens } from '../../../controller/token-service/token-server.ts';
import { TokenService } from '../../../controller/token-service/token-service.ts';
import { createLog } from '../../../shared/log.ts';
import { sha256 } from '../../../shared/store/digest.ts';
import type { RegistryToken } from '../../../shared/interface/places/registry-token.ts';
import type { CollectionWait } from '../../../shared/store/auth/collection-wait.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';
import { until } from '../../support/deadline.ts';
import { authFor, writeDockerConfig } from '../../support/registry/docker-config.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { Bucket, RegistryKind, RunningRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { OPTIONS } from '../store/fault-bench.ts';
import { CONFIG, descriptorOf, imageOf, OCI_MANIFEST } from '../store/store-contract.ts';

const SERVICE = 'tekton-cache-registry';
const SECRET = 'of the registry and the housekeeper';
const HOUSEKEEPER = 'housekeeper';
const log = createLog({ silent: true });

/** A registry that asks our token service and notifies our housekeeper, all of them real, on loopback. */
export class StorageGround {
  registry!: RunningRegistry;
  inventory!: Inventory;
  api!: RegistryApi;
  /** Its clock as it is; `api` has the one of the housekeeper, which is ahead. */
  registryClock!: RegistryApi['clock'];
  /** Keys of the ConfigMap. */
  config: Record<string, string> = {};
  /** Data of the ConfigMap that the token service watches. */
  readonly state: Record<string, string> = {};
  drainMs = 0;
  limitMs = 1_800_000;
  /** By how much the clock of the token service is late: its tokens end so much sooner. */
  tokensLateMs = 0;
  collections = 0;
  losses = 0;
  bytesReclaimed = 0;
  activeRuns: ReadonlySet<string> = new Set();
  /** How far the clock of the housekeeper is ahead of ours; milliseconds. */
  ahead = 0;
  readonly metrics = new StorageMetrics();
  readonly #events: RegistryEvent[] = [];
  readonly #stores: Store[] = [];
  #directory!: Awaited<ReturnType<typeof temporaryDirectory>>;
  #servers: Server[] = [];
  #realm = '';

  async start(kind: RegistryKind, bucket?: Bucket): Promise<void> {
    this.#directory = await temporaryDirectory();
    this.openInventory();
    const keys = renewedKeys({}, new Date())!;
    const signingKey = signingKeyOf(signingOf(keys));
    const service = new TokenService({
      rules: () => ({ policy: policyOf(readConfig({}).config), services: [SERVICE] }),
      key: () => signingKey,
      identify: (password) => {
        const namespace = namespaceIn(password);
        return Promise.resolve({
          pod: `${namespace}/pod`,
          podUid: namespace,
          run: 'PipelineRun ci',
          task: 'TaskRun ci-build',
          facts: {
            namespace,
            namespaceLabels: {},
            serviceAccount: 'default',
            run: 'uid',
            annotations: {},
            labels: {},
          },
          ...(namespace === HOUSEKEEPER ? { isHousekeeper: true as const } : {}),
        });
      },
      whyNoPush: (repository) => withholdingOf(this.state, repository, Date.now()),
      pushesEndAt: () => pushesEndAt(this.state, Date.now()),
      limits: new PodLimits({ perSecond: 1000, burst: 10_000 }),
      metrics: new TokenMetrics(),
      log,
      now: () => new Date(Date.now() - this.tokensLateMs),
    });
    const tokens = serveTokens(0, service).server;
    const notifications = serveNotifications(0, {
      secret: () => SECRET,
      take: (event) => {
        takeEvent(this.inventory, event, this.now());
        this.#events.push(event);
      },
      count: (outcome) => this.metrics.notifications.add({ outcome }),
      onLoss: () => this.losses++,
      log,
    }).server;
    this.#servers = [tokens, notifications];
    await Promise.all(this.#servers.map((server) => once(server, 'listening')));
    const rootcertbundle = join(this.#directory.path, 'authority.crt');
    await writeFile(rootcertbundle, keys['authority.crt']);
    const realm = `${originOf(tokens)}/token`;
    this.#realm = realm;
    this.registry = await startRegistry({
      kind,
      ...(bucket ? { bucket } : {}),
      auth: { token: { realm, service: SERVICE, issuer: 'tekton-cache', rootcertbundle } },
      notifications: {
        events: { includereferences: true },
        endpoints: [
          {
            name: 'storage',
            url: `${originOf(notifications)}/notifications`,
            headers: { Authorization: [`Bearer ${SECRET}`] },
            timeout: '5s',
            threshold: 3,
            backoff: '100ms',
          },
        ],
      },
    });
    this.api = new RegistryApi({
      origin: `http://${this.registry.host}`,
      realm,
      readPodToken: () => Promise.resolve(HOUSEKEEPER),
    });
    this.registryClock = this.api.clock.bind(this.api);
    this.api.clock = () => Promise.resolve(this.now());
  }

  /** The ConfigMap. */
  readonly stateMap: StateMap = {
    read: () => Promise.resolve(this.state),
    change: (items) => {
      for (const [name, value] of Object.entries(items)) {
        if (value === null) delete this.state[name];
        else this.state[name] = value;
      }
      return Promise.resolve();
    },
  };

  /** Collections with the registry's own garbage collection. */
  get collection(): Collection {
    let collected: Promise<unknown> | undefined;
    let hasEnded = false;
    return new Collection({
      state: this.stateMap,
      collector: {
        start: () => {
          this.collections++;
          hasEnded = false;
          const before = this.bytesOnDisk;
          const collect = async (): Promise<void> => {
            await this.registry.collectGarbage();
            this.bytesReclaimed += before - this.bytesOnDisk;
            hasEnded = true;
          };
          // As the collector's pod: one that fails never ends.
          collected = collect().catch(() => undefined);
          return Promise.resolve();
        },
        stop: async () => void (await collected),
        hasEnded: () => Promise.resolve(hasEnded),
      },
      drainMs: this.drainMs,
      limitMs: this.limitMs,
      pollMs: 20,
      log,
      now: Date.now,
    });
  }

  /** Opens the inventory, or a new one in another file. */
  openInventory(file = 'inventory.db'): void {
    this.inventory = Inventory.open(join(this.#directory.path, file), log);
  }

  now(): number {
    return Date.now() + this.ahead;
  }

  /** A new housekeeper, as after a restart: its first look begins with a walk. */
  housekeeper(): Housekeeper {
    return new Housekeeper({
      inventory: this.inventory,
      api: () => this.api,
      rules: () => rulesOf(readConfig(this.config).config),
      collectEveryMs: () => 0,
      collection: this.collection,
      state: this.stateMap,
      activeRuns: () => Promise.resolve(this.activeRuns),
      metrics: this.metrics,
      log,
      now: () => this.now(),
    });
  }

  /** The store of a pod in the namespace that the repository begins with. */
  async open(repository: string): Promise<Store> {
    const namespace = repository.split('/')[0] ?? '';
    const login = await writeDockerConfig(join(this.#directory.path, namespace), {
      auths: { [this.registry.host]: authFor('tekton-cache', namespace) },
    });
    const options = { ...OPTIONS, dockerConfigs: [login], warn: () => undefined };
    const { store } = openStore(`${this.registry.host}/${repository}`, options);
    this.#stores.push(store);
    return store;
  }

  /** The store of an upload that waits for the end of collections: only the token service of its own installation tells it of them. */
  async openWaiting(repository: string, collectionWait: CollectionWait): Promise<Store> {
    const registryToken = await this.registryToken(repository.split('/')[0] ?? '');
    const { store } = openStore(`${this.registry.host}/${repository}`, {
      ...OPTIONS,
      registryToken,
      collectionWait,
    });
    this.#stores.push(store);
    return store;
  }

  /** What the helper of a pod in a namespace is told of the registry. */
  async registryToken(namespace: string): Promise<RegistryToken> {
    const tokenFile = join(this.#directory.path, `${namespace}.token`);
    const parts = ['{}', JSON.stringify({ aud: ['tekton-cache'], namespace }), 'x'];
    await writeFile(tokenFile, parts.map((part) => Buffer.from(part).toString('base64url')).join('.'));
    return { registry: this.registry.host, realm: this.#realm, tokenFile };
  }

  /** Pushes an image with one layer of random bytes, or these layers; returns its digest when the inventory knows it. */
  async push(repository: string, tag: string, layers: readonly Buffer[] = [randomBytes(4096)]): Promise<string> {
    const store = await this.open(repository);
    for (const blob of [CONFIG, ...layers]) await store.putBlob(sha256(blob), blob);
    const manifest = imageOf(layers.map(descriptorOf));
    await this.putManifest(store, tag, OCI_MANIFEST, manifest);
    return sha256(manifest);
  }

  /** Returns when the inventory knows it, and that our client has read it back. */
  async putManifest(store: Store, reference: string, mediaType: string, bytes: Buffer): Promise<void> {
    const before = this.#events.length;
    await store.putManifest(reference, mediaType, bytes);
    await until(`${reference} to be known`, 10_000, () => {
      const since = this.#events.slice(before);
      const isOf = (wanted: RegistryEvent['action']) =>
        since.some(
          (event) => event.action === wanted && 'manifest' in event && event.manifest.digest === sha256(bytes),
        );
      return Promise.resolve(isOf('push') && isOf('pull'));
    });
  }

  /** Tells the housekeeper of an event, as a registry does; returns the status of the answer. */
  async notify(event: object, secret = SECRET): Promise<number> {
    const [, notifications] = this.#servers;
    const response = await fetch(`${originOf(notifications!)}/notifications`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}` },
      body: JSON.stringify({ events: [event] }),
    });
    return response.status;
  }

  /** Asked by the housekeeper, so that it is no use. */
  async isThere(repository: string, reference: string): Promise<boolean> {
    return (await this.api.digestOf(repository, reference, AbortSignal.timeout(10_000))) !== undefined;
  }

  /** Bytes of all blobs that the registry keeps. */
  get bytesOnDisk(): number {
    const blobs = join(this.registry.storage, 'docker', 'registry', 'v2', 'blobs', 'sha256');
    // Some of them go while they are counted.
    const size = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return this.blobsOnDisk.reduce((sum, digest) => sum + size(join(blobs, digest.slice(0, 2), digest, 'data')), 0);
  }

  /** Gives a blob other bytes on the disk of the registry. */
  overwriteBlob(digest: string, bytes: string): void {
    const [algorithm = '', hex = ''] = digest.split(':');
    const blobs = join(this.registry.storage, 'docker', 'registry', 'v2', 'blobs', algorithm);
    writeFileSync(join(blobs, hex.slice(0, 2), hex, 'data'), bytes);
  }

  /** Digests in hex of all blobs that the registry keeps, manifests included. */
  get blobsOnDisk(): readonly string[] {
    const blobs = join(this.registry.storage, 'docker', 'registry', 'v2', 'blobs', 'sha256');
    return readdirSync(blobs).flatMap((start) =>
      readdirSync(join(blobs, start)).filter((digest) => existsSync(join(blobs, start, digest, 'data'))),
    );
  }

  async stop(): Promise<void> {
    for (const store of this.#stores) await store.close();
    await this.registry?.stop();
    for (const server of this.#servers) {
      server.closeAllConnections();
      server.close();
    }
    this.inventory?.close();
    await this.#directory?.remove();
  }
}

const originOf = (server: Server): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** The password of a pod names its namespace: as it is, or as a claim of its token. */
function namespaceIn(password: string): string {
  const [, claims] = password.split('.');
  if (claims === undefined) return password;
  const { namespace } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { readonly namespace: string };
  return namespace;
}

/** The housekeeper's table of contents: configuration, inventory, notifications, housekeeping, signals. */
import { readFile } from 'node:fs/promises';

import { messageOf } from '../../shared/errors.ts';
import { isLoopback } from '../../shared/interface/places/image-reference.ts';
import { createLog } from '../../shared/log.ts';
import { GuardedConfig } from '../config/guarded-config.ts';
import { registryTokenOf } from '../config/registry.ts';
import { HealthServer } from '../health/health-server.ts';
import { connect } from '../kube/api/connect.ts';
import { elapsedMs } from '../../shared/clock.ts';
import { StorageMetrics } from '../metrics/storage-metrics.ts';
import { endOnBug, endOnSignal } from '../program-end.ts';
import { listeningPort } from '../server/port.ts';
import { readTlsFiles, watchTlsFiles } from '../server/tls-files.ts';
import { Collection } from './collection/collection.ts';
import { DeploymentCollector } from './collection/collector.ts';
import { stateMap } from './collection/state-map.ts';
import { readEnvironment } from './environment.ts';
import { Housekeeper } from './housekeeper.ts';
import { Inventory } from './inventory/inventory.ts';
import { serveNotifications } from './notifications/notification-server.ts';
import { sharedSecret } from './notifications/shared-secret.ts';
import { takeEvent } from './notifications/take-event.ts';
import { RegistryApi } from './registry/registry-api.ts';
import { rulesOf } from './retention/rules.ts';
import { activeRuns } from './runs/active-runs.ts';

const STILL_MS = 300_000;
const SECRET_AGAIN_MS = 2000;
/** Anybody may send a wrong secret. That must not make the housekeeper ask the API server each time. */
const SECRET_STALE_MS = 30_000;
/** A bound that cannot be read must not be taken for none. */
const RULE_KEY = /^key "storage-/;

const log = createLog();
endOnBug(log);

const { namespace, port, healthPort, tlsDirectory, inventory: file, podToken, drainMs } = readEnvironment(process.env);
const client = connect();
const metrics = new StorageMetrics();
const inventory = Inventory.open(file, log);

const config = new GuardedConfig({ client, namespace, guarded: RULE_KEY, log });

/** Made anew when the configuration names another one. */
let known: { readonly key: string; readonly api: RegistryApi } | undefined;
function registryApi(): RegistryApi | undefined {
  const registry = config.isKnown ? registryTokenOf(config.current) : undefined;
  if (registry === undefined) return undefined;
  const key = `${registry.registry} ${registry.realm}`;
  if (known?.key !== key) {
    const readPodToken = async (): Promise<string> => (await readFile(podToken, 'utf8')).trim();
    const origin = originOf(registry.registry);
    known = { key, api: new RegistryApi({ origin, realm: registry.realm, readPodToken }) };
  }
  return known.api;
}

/** By the rule of helpers: plain HTTP on loopback, TLS everywhere else. */
function originOf(registry: string): string {
  return `${isLoopback(registry) ? 'http' : 'https'}://${registry}`;
}

const state = stateMap(client, namespace);
const housekeeper = new Housekeeper({
  inventory,
  api: registryApi,
  rules: () => (config.isKnown ? rulesOf(config.current) : undefined),
  collectEveryMs: () => config.current.storageCollectEveryMs,
  collection: new Collection({
    state,
    collector: new DeploymentCollector(client, namespace),
    drainMs,
    log,
    now: Date.now,
  }),
  state,
  activeRuns: async (namespaces) => await activeRuns(client, namespaces),
  metrics,
  log,
});

let secret: string | undefined;
let secretReadAt = -Infinity;
const tls = tlsDirectory === undefined ? undefined : await readTlsFiles(tlsDirectory);
const { server, renew } = serveNotifications(
  port,
  {
    secret: () => secret,
    take: (event) => takeEvent(inventory, event, Date.now()),
    count: (outcome) => {
      metrics.notifications.add({ outcome });
      if (outcome === 'refused') readSecretAgain();
    },
    onLoss: () => housekeeper.walkSoon(),
    log,
  },
  tls,
);
if (tlsDirectory !== undefined && tls !== undefined) {
  watchTlsFiles({ directory: tlsDirectory, known: tls, onChange: renew, log });
}
const health = HealthServer.start(
  { port: healthPort, stillMs: STILL_MS },
  {
    readiness: () => [
      { name: 'configuration', ok: config.isKnown, detail: config.detail },
      { name: 'secret', ok: secret !== undefined, detail: secret === undefined ? 'not read yet' : 'read' },
    ],
    metrics: () => metrics.text(),
  },
);
// Port 0 is one that is free.
void health.listening().then((healthy) => log.info('listening for health', { port: healthy }));
server.once('listening', () => log.info('listening', { port: listeningPort(server), tls: tls !== undefined }));
endOnSignal(log, stop);

config.start();
await readSecret();
housekeeper.start();

/** Somebody may have replaced the Secret, and the registry uses the new one. */
function readSecretAgain(): void {
  if (secret === undefined || elapsedMs() - secretReadAt < SECRET_STALE_MS) return;
  secretReadAt = elapsedMs();
  void readSecret();
}

async function readSecret(): Promise<void> {
  try {
    secret = await sharedSecret(client, namespace);
  } catch (error) {
    log.warn('the secret of the notifications could not be read', { problem: messageOf(error) });
    setTimeout(() => void readSecret(), SECRET_AGAIN_MS);
  }
}

async function stop(): Promise<void> {
  await Promise.all([housekeeper.stop(), config.stop()]);
  await health.close();
  server.close(() => {
    inventory.close();
    process.exit(0);
  });
  server.closeIdleConnections();
}

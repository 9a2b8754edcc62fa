/** Starts the token service: configuration, keys, identity, the two servers, signals. */
import { setTimeout as delay } from 'node:timers/promises';

import { STORAGE_STATE } from '../../shared/interface/storage-summary.ts';
import { ownVersion } from '../../shared/interface/version.ts';
import { createLog } from '../../shared/log.ts';
import type { Withholding } from '../../shared/scope/pushes.ts';
import { policyOf } from '../config/config.ts';
import { GuardedConfig } from '../config/guarded-config.ts';
import { HealthServer } from '../health/health-server.ts';
import { connect } from '../kube/api/connect.ts';
import { Informer } from '../kube/informer/informer.ts';
import { CONFIG_MAPS } from '../kube/objects/resource.ts';
import { TokenMetrics } from '../metrics/token-metrics.ts';
import { endOnBug, endOnSignal } from '../program-end.ts';
import { pushesEndAt, withholdingOf } from '../storage-state.ts';
import { listeningPort } from '../server/port.ts';
import { readTlsFiles, watchTlsFiles } from '../server/tls-files.ts';
import { readEnvironment } from './environment.ts';
import { Identifier } from './identity/identifier.ts';
import { KeyRing } from './keys/key-ring.ts';
import { PodLimits } from './pod-limits.ts';
import { serveTokens } from './token-server.ts';
import { TokenService } from './token-service.ts';

const STILL_MS = 60_000;
const POD_LIMITS = { perSecond: 2, burst: 100 };
/** Problems of these keys: a policy that cannot be read must not be taken for one that was never written. */
const POLICY_KEY = /^key "token-/;

const log = createLog();
endOnBug(log);

const version = ownVersion();
const { namespace, port, healthPort, tlsDirectory, lingerMs } = readEnvironment(process.env);
const client = connect();
const metrics = new TokenMetrics();

const config = new GuardedConfig({ client, namespace, guarded: POLICY_KEY, log });
/** What the housekeeper of the registry says; where there is none, nothing. */
const storageStates = new Informer({
  client,
  resource: CONFIG_MAPS,
  selection: { namespace, fieldSelector: `metadata.name=${STORAGE_STATE}` },
  log,
});
const storageState = () => storageStates.get(`${namespace}/${STORAGE_STATE}`)?.data ?? {};
function whyNoPush(repository: string): Withholding | undefined {
  if (!storageStates.hasSynced) {
    return { for: 'collection', why: 'nobody knows yet whether the registry collects its garbage' };
  }
  return withholdingOf(storageState(), repository, Date.now());
}
const keys = new KeyRing({ client, namespace, log });
const identifier = new Identifier({ client, ownNamespace: namespace });
const service = new TokenService({
  rules: () =>
    config.isKnown ? { policy: policyOf(config.current), services: config.current.tokenServices } : undefined,
  key: () => keys.key,
  statements: { key: () => keys.provenance, version },
  identify: async (password) => await identifier.identify(password),
  whyNoPush,
  pushesEndAt: () => pushesEndAt(storageState(), Date.now()),
  limits: new PodLimits(POD_LIMITS),
  metrics,
  log,
});

const health = HealthServer.start(
  { port: healthPort, stillMs: STILL_MS },
  {
    readiness: () => [
      { name: 'policy', ok: config.isKnown, detail: config.detail },
      { name: 'storage', ok: storageStates.hasSynced, detail: storageStates.trouble ?? 'watched' },
      { name: 'keys', ok: keys.trouble === undefined, detail: keys.trouble ?? 'read' },
    ],
    metrics: () => metrics.text(),
  },
);
const tls = tlsDirectory === undefined ? undefined : await readTlsFiles(tlsDirectory);
const { server, renew } = serveTokens(port, service, tls);
if (tlsDirectory !== undefined && tls !== undefined) {
  watchTlsFiles({ directory: tlsDirectory, known: tls, onChange: renew, log });
}
// Port 0 is one that is free.
void health.listening().then((healthy) => log.info('listening for health', { port: healthy }));
server.once('listening', () => log.info('listening', { port: listeningPort(server), tls: tls !== undefined }));
endOnSignal(log, stop);

config.start();
storageStates.start();
await keys.start();

/** For a while nodes still send questions here, and the service answers them. Then each connection is closed after its last answer. */
async function stop(): Promise<void> {
  await delay(lingerMs);
  keys.stop();
  await Promise.all([config.stop(), storageStates.stop()]);
  await health.close();
  server.close(() => process.exit(0));
  server.closeIdleConnections();
}

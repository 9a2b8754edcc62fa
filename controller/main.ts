/** The controller's table of contents: configuration, clients, controllers, HTTP server, signals. */
import { setFlagsFromString } from 'node:v8';

import { createLog } from '../shared/log.ts';
import { cacheRunController } from './cache-run/cache-run-controller.ts';
import { HelperPods } from './cache-run/pod/helper-pods.ts';
import { Turns } from './cache-run/queue/turns.ts';
import { CONFIG_MAP } from './config/config.ts';
import { registryTokenOf } from './config/registry.ts';
import { PUBLIC_KEYS, PUBLIC_KEYS_ITEM } from './config/published-keys.ts';
import { LiveConfig } from './config/live-config.ts';
import { readEnvironment } from './environment.ts';
import { HealthServer } from './health/health-server.ts';
import { connect } from './kube/api/connect.ts';
import { EventRecorder } from './kube/events.ts';
import { Informer } from './kube/informer/informer.ts';
import { CONFIG_MAPS } from './kube/objects/resource.ts';
import { settledWithin } from './kube/pace/settled-within.ts';
import { followed, WhenServed } from './kube/work/when-served.ts';
import type { Readiness } from './kube/work/when-served.ts';
import { Metrics } from './metrics/metrics.ts';
import { endOnBug, endOnSignal } from './program-end.ts';
import { resolverController } from './resolver/resolver-controller.ts';
import { RegistryCertificates } from './registry/registry-certificates.ts';
import { RESOLUTION_REQUESTS } from './tekton/resolution-request.ts';
import { StepCounter } from './task-run/step-counter.ts';
import { CUSTOM_RUN_KIND, LEGACY_RUN_KIND } from './tekton/run-kind.ts';
import { TASK_RUNS } from './tekton/task-run.ts';

// Lists are read a page at a time. V8 must collect the garbage of each page, not wait for that of a thousand.
setFlagsFromString('--optimize-for-size');

const log = createLog();
endOnBug(log);

const { namespace, image, healthPort, stillMs, firstReadMs } = readEnvironment(process.env);
const client = connect();
const events = new EventRecorder({ client, component: 'tekton-cache', log });

const configMaps = new Informer({
  client,
  resource: CONFIG_MAPS,
  selection: { namespace, fieldSelector: `metadata.name=${CONFIG_MAP}` },
  log,
});
/** The ConfigMap with the public keys of statements; an installation without a token service has none. */
const publishedKeys = new Informer({
  client,
  resource: CONFIG_MAPS,
  selection: { namespace, fieldSelector: `metadata.name=${PUBLIC_KEYS}` },
  log,
});
const config: LiveConfig = new LiveConfig({
  informer: configMaps,
  events,
  ownImage: image,
  log,
  authority: () => certificates.authority,
  publicKeys: () => publishedKeys.get(`${namespace}/${PUBLIC_KEYS}`)?.data?.[PUBLIC_KEYS_ITEM] ?? '',
  outlivesDeletion: true,
  onChange: ({ logLevel }) => (log.level = logLevel),
});

const certificates = new RegistryCertificates({
  client,
  namespace,
  registry: () => (config.current.registryCertificates === 'own' ? registryTokenOf(config.current) : undefined),
  log,
});

const metrics = new Metrics();
const pods = new HelperPods(client, log);
const turns = new Turns({ limits: () => config.current });
pods.onChange((owner, mayWork) => (mayWork ? turns.hold(owner) : turns.release(owner)));
metrics.watchTurns(() => turns.waiting);
metrics.watchConfiguration(() => config.problems.length);
metrics.watchSource(configMaps.name, () => configMaps.trouble !== undefined);
metrics.watchSource(publishedKeys.name, () => publishedKeys.trouble !== undefined);
const parts = { client, events, pods, turns, config: () => config.current, metrics, log };
const kinds = [
  new WhenServed({
    client,
    log,
    resource: CUSTOM_RUN_KIND.resource,
    needed: true,
    make: () => cacheRunController({ kind: CUSTOM_RUN_KIND, ...parts }),
  }),
  // Tekton before 0.47 has Runs as well.
  new WhenServed({
    client,
    log,
    resource: LEGACY_RUN_KIND.resource,
    needed: false,
    make: () => cacheRunController({ kind: LEGACY_RUN_KIND, ...parts }),
  }),
  // Tekton's remote resolution can be left out of an installation.
  new WhenServed({ client, log, resource: RESOLUTION_REQUESTS, needed: false, make: () => resolverController(parts) }),
  new WhenServed({ client, log, resource: TASK_RUNS, needed: false, make: () => new StepCounter(parts) }),
];

const health = HealthServer.start(
  { port: healthPort, stillMs },
  {
    readiness: () => [configurationReadiness(), ...kinds.map(({ readiness }) => readiness)],
    metrics: () => metrics.text(),
  },
);
// Port 0 of HEALTH_PORT is one that is free.
void health.listening().then((port) => log.info('listening', { port }));
endOnSignal(log, stop);

configMaps.start();
publishedKeys.start();
await configMaps.synced().then(
  startWork,
  // Stopped before there was a configuration.
  () => undefined,
);

/** A configuration with problems is ready: the value from before, or the default, counts meanwhile. */
function configurationReadiness(): Readiness {
  const { hasSynced: ok, trouble } = configMaps;
  const problems = config.problems.length === 0 ? '' : `; problems that the log names: ${config.problems.length}`;
  return { name: 'configuration', ok, detail: ok ? `${followed(trouble)}${problems}` : (trouble ?? 'not read yet') };
}

/** Without the authority of the registry, or the public keys of statements, a helper would refuse good entries. */
async function startWork(): Promise<void> {
  void certificates.start();
  if (!(await settledWithin(firstReadMs, [certificates.known(), publishedKeys.synced()]))) {
    log.warn('runs begin although the certificates of the registry, or the public keys of statements, are not read', {
      publicKeys: publishedKeys.hasSynced ? 'read' : (publishedKeys.trouble ?? 'no answer yet'),
    });
  }
  for (const kind of kinds) kind.start();
}

async function stop(): Promise<void> {
  certificates.stop();
  await Promise.all([configMaps, publishedKeys, ...kinds].map(async (part) => await part.stop()));
  await health.close();
  process.exit(0);
}

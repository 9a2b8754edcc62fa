/** A process: the housekeeper looks at an inventory again and again, with a registry that tells nothing new. Writes what is stored. */
import { readConfig } from '../../../controller/config/config.ts';
import { StorageMetrics } from '../../../controller/metrics/storage-metrics.ts';
import { Collection } from '../../../controller/storage/collection/collection.ts';
import { Housekeeper } from '../../../controller/storage/housekeeper.ts';
import { Inventory } from '../../../controller/storage/inventory/inventory.ts';
import { RegistryApi } from '../../../controller/storage/registry/registry-api.ts';
import { rulesOf } from '../../../controller/storage/retention/rules.ts';
import { createLog } from '../../../shared/log.ts';

/** Names no repository, and says nothing of those that are known. */
class SilentRegistry extends RegistryApi {
  constructor() {
    super({ origin: 'https://registry', realm: 'https://tokens', readPodToken: () => Promise.resolve('') });
  }
  override async *catalogue(): AsyncGenerator<readonly string[], void> {}
  override async prepare(): Promise<void> {}
  override tags(): Promise<readonly string[]> {
    return Promise.reject(new Error('no answer'));
  }
}

const [file = '', time, looks] = process.argv.slice(2);
const now = Number(time);
const log = createLog({ silent: true });
const inventory = Inventory.open(file, log);
const state = { read: () => Promise.resolve({}), change: () => Promise.resolve() };
const collector = {
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
  hasEnded: () => Promise.resolve(true),
};
const metrics = new StorageMetrics();
const housekeeper = new Housekeeper({
  inventory,
  api: () => api,
  rules: () => rulesOf(readConfig({}).config),
  collectEveryMs: () => Infinity,
  collection: new Collection({ state, collector, drainMs: 0, log, now: () => now }),
  state,
  activeRuns: () => Promise.resolve(new Set()),
  metrics,
  log,
  now: () => now,
});
const api = new SilentRegistry();
for (let look = 0; look < Number(looks); look++) await housekeeper.look();
inventory.close();
process.stdout.write(JSON.stringify(metrics.stored.all));

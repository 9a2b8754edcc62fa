import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { readConfig } from '../../../../controller/config/config.ts';
import { StorageMetrics } from '../../../../controller/metrics/storage-metrics.ts';
import { Collection } from '../../../../controller/storage/collection/collection.ts';
import type { StateMap } from '../../../../controller/storage/collection/state-map.ts';
import { Housekeeper } from '../../../../controller/storage/housekeeper.ts';
import { Inventory } from '../../../../controller/storage/inventory/inventory.ts';
import { RegistryApi } from '../../../../controller/storage/registry/registry-api.ts';
import { rulesOf } from '../../../../controller/storage/retention/rules.ts';
import { createLog } from '../../../../shared/log.ts';

const HOUR_MS = 3_600_000;
const LIMIT_MS = 60_000;
const MONTH_MS = 31 * 24 * HOUR_MS;
const digest = `sha256:${'a'.repeat(64)}`;
const log = createLog({ silent: true });

describe('a housekeeper whose registry cannot collect its garbage', () => {
  let registry: Server;
  let ahead: number;
  let deletions: number;
  let answersDeletions: boolean;
  const now = (): number => Date.now() + ahead;

  /** Every repository has one manifest, by the tag v1. */
  beforeEach(async () => {
    [ahead, deletions] = [0, 0];
    registry = createServer((request, response) => {
      const { pathname } = new URL(request.url ?? '/', 'http://registry');
      response.setHeader('date', new Date(now()).toUTCString());
      response.setHeader('docker-content-digest', digest);
      if (request.method === 'DELETE') {
        deletions++;
        if (!answersDeletions) return;
        response.writeHead(202);
      }
      const tags = pathname.endsWith('/tags/list') ? ['v1'] : [];
      response.end(JSON.stringify({ token: 'token', repositories: [], tags }));
    }).listen(0, '127.0.0.1');
    await once(registry, 'listening');
  });
  afterEach(() => {
    registry.closeAllConnections();
    registry.close();
  });

  /** `isConfigAway`: as long as pushes are held. `isSlow`: the registry answers no deletion. */
  const start = ({ isConfigAway = false, limitMs = LIMIT_MS, isSlow = false } = {}) => {
    answersDeletions = !isSlow;
    const origin = `http://127.0.0.1:${(registry.address() as AddressInfo).port}`;
    const data: Record<string, string> = {};
    let holds = 0;
    const state: StateMap = {
      read: () => Promise.resolve({ ...data }),
      change: (items) => {
        if (typeof items['collect-after'] === 'string') holds++;
        for (const [name, value] of Object.entries(items)) {
          if (value === null) delete data[name];
          else data[name] = value;
        }
        return Promise.resolve();
      },
    };
    const done = (): Promise<void> => Promise.resolve();
    const hasEnded = (): Promise<boolean> => {
      ahead += LIMIT_MS;
      return Promise.resolve(false);
    };
    const collector = { start: done, stop: done, hasEnded };
    const inventory = Inventory.open(':memory:', log);
    const housekeeper = new Housekeeper({
      inventory,
      api: () => new RegistryApi({ origin, realm: `${origin}/token`, readPodToken: () => Promise.resolve('pod') }),
      rules: () => (isConfigAway && 'collect-after' in data ? undefined : rulesOf(readConfig({}).config)),
      collectEveryMs: () => HOUR_MS,
      collection: new Collection({ state, collector, drainMs: 0, limitMs, pollMs: 1, log, now }),
      state,
      activeRuns: () => Promise.resolve(new Set()),
      metrics: new StorageMetrics(),
      log,
      now,
    });
    /** How often pushes were held so far. */
    const lookAtUnused = async (repository: string): Promise<number> => {
      inventory.recordPush({ repository, digest, bytes: 1, references: [] }, 'v1', now() - MONTH_MS);
      await housekeeper.look();
      return holds;
    };
    return { inventory, data, lookAtUnused };
  };

  it('holds pushes no sooner again than after a collection that went well', async () => {
    const { inventory, lookAtUnused } = start();
    expect(await lookAtUnused('team/a')).to.equal(1);
    expect(inventory.find('team/a', digest), 'what was deleted').to.equal(undefined);
    expect(await lookAtUnused('team/b'), 'a minute later').to.equal(1);
    ahead = HOUR_MS;
    expect(await lookAtUnused('team/c'), 'when it is time').to.equal(2);
    inventory.close();
  });

  it('goes on where a clock was ahead at the last collection, and is right again', async () => {
    const { inventory, lookAtUnused } = start();
    ahead = 12 * MONTH_MS;
    expect(await lookAtUnused('team/a')).to.equal(1);
    ahead = 0;
    expect(await lookAtUnused('team/b')).to.equal(2);
    expect(inventory.find('team/b', digest)).to.equal(undefined);
    inventory.close();
  });

  it('deletes nothing where the configuration is taken away while it holds pushes, and lets them go on', async () => {
    const { inventory, data, lookAtUnused } = start({ isConfigAway: true });
    expect(await lookAtUnused('team/a')).to.equal(1);
    expect(inventory.find('team/a', digest)).to.include({ repository: 'team/a' });
    expect(data).to.not.have.property('collect-after');
    inventory.close();
  });

  it('deletes nothing more once pushes go on, however long the registry takes for the first of it', async () => {
    const { inventory, lookAtUnused } = start({ limitMs: 500, isSlow: true });
    for (const repository of ['team/b', 'team/c']) {
      inventory.recordPush({ repository, digest, bytes: 1, references: [] }, 'v1', now() - MONTH_MS);
    }
    expect(await lookAtUnused('team/a')).to.equal(1);
    const left = ['team/a', 'team/b', 'team/c'].filter((repository) => inventory.find(repository, digest));
    expect(left).to.have.lengthOf(3);
    expect(deletions, 'deletions that the registry was asked for').to.be.at.most(1);
    inventory.close();
  });
});

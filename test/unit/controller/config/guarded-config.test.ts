import { expect } from 'chai';

import { GuardedConfig } from '../../../../controller/config/guarded-config.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { createLog } from '../../../../shared/log.ts';
import { until } from '../../../support/deadline.ts';
import { FakeApiServer, listOf, stream } from '../../../support/fake-kubernetes/api-server.ts';

const PATH = '/api/v1/namespaces/tekton-cache/configmaps';
const configMap = (resourceVersion: string, data: Record<string, string>) => ({
  metadata: { namespace: 'tekton-cache', name: 'tekton-cache-config', uid: 'u', resourceVersion },
  data,
});
const changed = (version: string, data: Record<string, string>) => ({
  type: 'MODIFIED',
  object: configMap(version, data),
});
const deleted = { type: 'DELETED', object: configMap('8', {}) };
const again = (data: Record<string, string>) => ({ type: 'ADDED', object: configMap('9', data) });

/** The value of a key that no test guards tells how far the events are. */
const LAST = { 'max-files': '7' };
const bad = { 'storage-keep-unused': 'long' };

describe('a configuration that guards some of its keys', () => {
  let server: FakeApiServer;
  let config: GuardedConfig;
  beforeEach(async () => {
    server = await FakeApiServer.start();
    const client = new KubeClient(server.transport());
    const log = createLog({ silent: true });
    config = new GuardedConfig({ client, namespace: 'tekton-cache', guarded: /^key "storage-/, log });
  });
  afterEach(async () => {
    await config.stop();
    await server.stop();
  });

  const isKnownAfter = async (
    first: readonly object[],
    events: readonly object[],
    isThere: () => boolean,
  ): Promise<boolean> => {
    server.on(`GET ${PATH}`, listOf('1', ...first)).on(`WATCH ${PATH}`, stream(...events));
    expect(config.isKnown, 'before it was read').to.equal(false);
    config.start();
    await until('the last event', 5000, async () => isThere(), 10);
    return config.isKnown;
  };
  const hasLast = (): boolean => config.current.maxFiles === 7;
  const isReset = (): boolean => server.count(`WATCH ${PATH}`) > 0 && config.current.maxFiles === 5_000_000;

  it('is known where there is none, as the defaults hold', async () => {
    expect(await isKnownAfter([], [], () => config.isKnown)).to.equal(true);
  });

  it('is known when its guarded keys are read, whatever others say', async () => {
    expect(await isKnownAfter([configMap('1', { ...LAST, 'max-size': 'many' })], [], hasLast)).to.equal(true);
  });

  it('is not known as long as a guarded key cannot be read', async () => {
    expect(await isKnownAfter([configMap('1', { ...LAST, ...bad })], [], hasLast)).to.equal(false);
    expect(config.detail).to.contain('a key of it is wrong');
  });

  it('is known from its first good value on, and stays so: a bad one is not taken then', async () => {
    const events = [changed('2', { 'storage-keep-unused': '24h' }), changed('3', { ...LAST, ...bad })];
    expect(await isKnownAfter([configMap('1', bad)], events, hasLast)).to.equal(true);
    expect(config.current.storageKeepUnusedMs).to.equal(24 * 3_600_000);
  });

  it('is not known when it was deleted', async () => {
    const events = [changed('2', LAST), deleted];
    expect(await isKnownAfter([configMap('1', LAST)], events, () => !config.isKnown && isReset())).to.equal(false);
  });

  it('is not known when it was deleted and comes back with a guarded key that cannot be read', async () => {
    const events = [deleted, again({ ...LAST, ...bad })];
    expect(await isKnownAfter([configMap('1', {})], events, hasLast)).to.equal(false);
  });
});

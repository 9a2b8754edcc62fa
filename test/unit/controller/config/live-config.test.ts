import { expect } from 'chai';

import { LiveConfig } from '../../../../controller/config/live-config.ts';
import type { Config } from '../../../../controller/config/table.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { EventRecorder } from '../../../../controller/kube/events.ts';
import { Informer } from '../../../../controller/kube/informer/informer.ts';
import { CONFIG_MAPS } from '../../../../controller/kube/objects/resource.ts';
import { createLog } from '../../../../shared/log.ts';
import { until } from '../../../support/deadline.ts';
import { answer, FakeApiServer, listOf, stream } from '../../../support/fake-kubernetes/api-server.ts';

const configMap = (resourceVersion: string, data: Record<string, string>) => ({
  metadata: { namespace: 'tekton-cache', name: 'tekton-cache-config', uid: 'u', resourceVersion },
  data,
});

describe('LiveConfig', () => {
  it('follows the ConfigMap, and tells in an Event what it did not take', async () => {
    const server = await FakeApiServer.start();
    const client = new KubeClient(server.transport());
    const log = createLog({ silent: true });
    server.on('GET /api/v1/configmaps', listOf('1', configMap('1', { 'max-files': '7' })));
    const bad = configMap('2', { 'max-files': 'many', image: 'registry/cache:2' });
    server.on('WATCH /api/v1/configmaps', stream({ type: 'MODIFIED', object: bad }, { type: 'DELETED', object: bad }));
    server.on('POST /api/v1/namespaces/tekton-cache/events', answer({ metadata: { name: 'e' } }));
    const informer = new Informer({ client, resource: CONFIG_MAPS, log });
    const taken: Config[] = [];
    let changesBeforeDelete = 0;
    const events = new EventRecorder({ client, component: 'tekton-cache', log });
    let [authority, publicKeys] = ['', ''];
    const live = new LiveConfig({
      informer,
      events,
      ownImage: 'own:1',
      log,
      authority: () => authority,
      publicKeys: () => publicKeys,
      onChange: (config) => taken.push(config),
      onDelete: () => (changesBeforeDelete = taken.length),
    });
    expect(live.current.registryCa).to.equal('');
    [authority, publicKeys] = ['made later', 'published later'];
    expect(live.current).to.include({ registryCa: 'made later', provenanceKeys: 'published later' });
    expect(live.current.image).to.equal('own:1');

    informer.start();
    await until('three changes', 5000, async () => taken.length === 3, 10);
    await until('an Event', 5000, async () => server.count('POST /api/v1/namespaces/tekton-cache/events') === 1, 10);
    await informer.stop();
    expect(taken.map(({ image, maxFiles }) => `${image} ${maxFiles}`)).to.deep.equal([
      'own:1 7',
      'registry/cache:2 7',
      'own:1 5000000',
    ]);
    expect(changesBeforeDelete, 'a deletion is told after its defaults').to.equal(3);
    const event = server.received.find((request) => request.method === 'POST')?.body;
    expect(event).to.deep.include({ type: 'Warning', reason: 'InvalidConfiguration' });
    expect(JSON.stringify(event)).to.contain('many');
    await server.stop();
  });

  it('knows no earlier value when it starts, nor after the ConfigMap was deleted', async () => {
    const server = await FakeApiServer.start();
    const client = new KubeClient(server.transport());
    const log = createLog({ silent: true });
    const bad = (version: string) => configMap(version, { verify: 'Require' });
    server.on('GET /api/v1/configmaps', listOf('1', bad('1')));
    const changes = [
      { type: 'DELETED', object: bad('2') },
      { type: 'ADDED', object: bad('3') },
    ];
    server.on('WATCH /api/v1/configmaps', stream(...changes));
    const informer = new Informer({ client, resource: CONFIG_MAPS, log });
    const taken: string[] = [];
    const live = new LiveConfig({ informer, ownImage: 'own:1', log, onChange: ({ verify }) => taken.push(verify) });
    informer.start();
    await until('three changes', 5000, async () => taken.length === 3, 10);
    await informer.stop();
    expect(taken).to.deep.equal(['require', 'off', 'require']);
    expect(live.current.verify).to.equal('require');
    expect(live.problems).to.have.length(1);
    await server.stop();
  });

  it('goes on with what was said last where it is to outlive the deletion of the ConfigMap, and says so until it is back', async () => {
    const server = await FakeApiServer.start();
    const client = new KubeClient(server.transport());
    const log = createLog({ silent: true });
    const said = { 'default-target': 'registry.example/{{namespace}}:{{hash}}', verify: 'warn' };
    server.on('GET /api/v1/configmaps', listOf('1', configMap('1', said)));
    const changes = [
      { type: 'DELETED', object: configMap('2', said) },
      { type: 'ADDED', object: configMap('3', { verify: 'wran' }) },
    ];
    server.on('WATCH /api/v1/configmaps', stream(...changes));
    const informer = new Informer({ client, resource: CONFIG_MAPS, log });
    const taken: string[] = [];
    const live = new LiveConfig({
      informer,
      ownImage: 'own:1',
      log,
      outlivesDeletion: true,
      onChange: ({ defaultTarget, verify }, problems) =>
        taken.push([defaultTarget, verify, ...problems.map((problem) => problem.replace(/: .*/, ''))].join(' ')),
    });
    informer.start();
    await until('three changes', 5000, async () => taken.length === 3, 10);
    await informer.stop();
    await server.stop();
    expect(taken).to.deep.equal([
      `${said['default-target']} warn`,
      `${said['default-target']} warn it was deleted`,
      ' warn key "verify"',
    ]);
    expect(live.problems).to.have.length(1);
  });
});

import { expect } from 'chai';

import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { EventRecorder } from '../../../../controller/kube/events.ts';
import { createLog } from '../../../../shared/log.ts';
import { answer, FakeApiServer, refuse } from '../../../support/fake-kubernetes/api-server.ts';

const POST = 'POST /api/v1/namespaces/ns/events';
const run = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', metadata: { namespace: 'ns', name: 'r', uid: 'u' } };
const occurrence = { type: 'Normal', reason: 'Succeeded', message: 'hit' } as const;

describe('EventRecorder', () => {
  let server: FakeApiServer;
  let events: EventRecorder;
  beforeEach(async () => {
    server = await FakeApiServer.start();
    const client = new KubeClient(server.transport());
    events = new EventRecorder({ client, component: 'tekton-cache', log: createLog({ silent: true }) });
  });
  afterEach(async () => await server.stop());

  it('tells about the object, in its namespace', async () => {
    server.on(POST, answer({ metadata: { name: 'e' } }));
    await events.record(run, occurrence);
    expect(server.received[0]?.body).to.deep.include({ ...occurrence, source: { component: 'tekton-cache' } });
    expect(server.received[0]?.body)
      .to.have.property('involvedObject')
      .that.includes({ kind: 'CustomRun', name: 'r', uid: 'u' });
  });

  it('gives the same news about the same object the same name, and other news another', async () => {
    server.on(POST, answer({ metadata: { name: 'e' } }));
    await events.record(run, occurrence);
    await events.record(run, occurrence);
    await events.record(run, { ...occurrence, message: 'miss' });
    await events.record({ ...run, metadata: { ...run.metadata, uid: 'another' } }, occurrence);
    const names = server.received.map(({ body }) => JSON.stringify(body).match(/"name":"(r\.[^"]+)"/)?.[1]);
    expect(names[0]).to.equal(names[1]);
    expect(new Set(names).size).to.equal(3);
  });

  it('cuts what the API server would refuse for its length', async () => {
    server.on(POST, answer({ metadata: { name: 'e' } }));
    await events.record(run, { ...occurrence, message: 'x'.repeat(5000) });
    expect(server.received[0]?.body).to.have.property('message').with.length(1024);
  });

  it('goes on when an Event cannot be written', async () => {
    server.on(POST, refuse(403, 'Forbidden'), refuse(409, 'AlreadyExists'));
    await events.record(run, occurrence);
    await events.record(run, occurrence);
    expect(server.count(POST)).to.equal(2);
  });
});

import { expect } from 'chai';

import { ApiError, isAlreadyExists, isRefused } from '../../../../../controller/kube/api/api-error.ts';
import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import { CONFIG_MAPS, NAMESPACES, PODS, SECRETS } from '../../../../../controller/kube/objects/resource.ts';
import { answer, FakeApiServer, hangUp, refuse } from '../../../../support/fake-kubernetes/api-server.ts';

describe('KubeClient', () => {
  let server: FakeApiServer;
  let client: KubeClient;
  beforeEach(async () => {
    server = await FakeApiServer.start();
    client = new KubeClient(server.transport());
  });
  afterEach(async () => await server.stop());

  const failure = async (call: Promise<unknown>): Promise<ApiError> => {
    const error: unknown = await call.then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    if (error instanceof ApiError) return error;
    throw new Error(`not an ApiError: ${String(error)}`);
  };
  const secret = { namespace: 'ns', name: 'registry' };

  it('asks for the metadata of a secret only', async () => {
    server.on('GET /api/v1/namespaces/ns/secrets/registry', answer({ metadata: { name: 'registry' } }));
    await client.getMetadata(SECRETS, secret);
    expect(server.received[0]?.headers.accept).to.equal('application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1');
  });

  it('has nothing for what does not exist', async () => {
    expect(await client.get(CONFIG_MAPS, { namespace: 'ns', name: 'x' })).to.equal(undefined);
    expect(await client.getMetadata(NAMESPACES, { name: 'x' })).to.equal(undefined);
  });

  it('patches the status of one version of an object', async () => {
    server.on('PATCH /api/v1/namespaces/ns/pods/p/status', answer({ metadata: { name: 'p' } }));
    await client.patchStatus(PODS, { namespace: 'ns', name: 'p', resourceVersion: '7' }, { phase: 'Failed' });
    expect(server.received[0]?.headers['content-type']).to.equal('application/merge-patch+json');
    expect(server.received[0]?.body).to.deep.equal({ metadata: { resourceVersion: '7' }, status: { phase: 'Failed' } });
  });

  it('lists objects that are too large for a page in smaller pages, each once, and a single one whatever its size', async () => {
    const sizes = Array.from({ length: 341 }, (_, at) => (at === 40 ? 17 * 1024 * 1024 : 100));
    const limits: number[] = [];
    server.on('GET /api/v1/pods', (request, response) => {
      const { query } = request;
      const limit = Number(query.get('limit'));
      limits.push(limit);
      const from = Number(query.get('continue') ?? 0);
      const items = sizes
        .slice(from, from + limit)
        .map((size, at) => ({ metadata: { name: `p-${from + at}`, note: 'x'.repeat(size) } }));
      const next = from + limit < sizes.length ? { continue: String(from + limit) } : {};
      answer({ metadata: { resourceVersion: '7', ...next }, items })(request, response);
    });
    const names: string[] = [];
    for await (const { items } of new KubeClient(server.transport()).pages(PODS, {})) {
      names.push(...items.map(({ metadata }) => metadata.name));
    }
    expect(names).to.deep.equal(sizes.map((_, at) => `p-${at}`));
    expect(limits).to.deep.equal([250, 32, 64, 8, 16, 2, 1, 2, 4, 8, 16, 32, 64, 128, 250]);
  });

  it('deletes one object by its UID and takes its absence, or another in its place, as done', async () => {
    server.on('DELETE /api/v1/namespaces/ns/pods/p', answer({}), refuse(404, 'NotFound'), refuse(409, 'Conflict'));
    const id = { namespace: 'ns', name: 'p', uid: 'u1', gracePeriodSeconds: 2 };
    for (let call = 0; call < 3; call += 1) await client.delete(PODS, id);
    expect(server.received[0]?.body).to.deep.include({ preconditions: { uid: 'u1' }, gracePeriodSeconds: 2 });
  });

  it('tells refusals apart, with the machine-readable reason and Retry-After', async () => {
    const path = 'POST /api/v1/namespaces/ns/pods';
    server.on(
      path,
      refuse(409, 'AlreadyExists'),
      refuse(403, 'Forbidden'),
      refuse(429, '', { 'retry-after': '3' }),
      refuse(503, '', { 'retry-after': '3600' }),
    );
    const create = async () =>
      await failure(client.create(PODS, { metadata: { name: 'p', namespace: 'ns' }, spec: { containers: [] } }));
    expect(isAlreadyExists(await create())).to.equal(true);
    expect(isRefused(await create())).to.equal(true);
    expect((await create()).retryAfterMs).to.equal(3000);
    expect((await create()).retryAfterMs).to.equal(10_000);
  });

  it('keeps its connection from one call to the next', async () => {
    server.on('GET /api/v1/namespaces/ns', answer({ metadata: { name: 'ns' } }));
    for (let call = 0; call < 3; call += 1) await client.getMetadata(NAMESPACES, { name: 'ns' });
    expect(new Set(server.received.map((request) => request.port)).size).to.equal(1);
  });

  it('asks again when the server closed an idle connection in that very moment', async () => {
    server.on(
      'GET /api/v1/namespaces/ns',
      answer({ metadata: { name: 'ns' } }),
      hangUp,
      answer({ metadata: { name: 'ns' } }),
    );
    await client.getMetadata(NAMESPACES, { name: 'ns' });
    expect(await client.getMetadata(NAMESPACES, { name: 'ns' })).to.deep.equal({ metadata: { name: 'ns' } });
  });

  it('gives up on a server that does not answer, or is not there', async () => {
    server.on('GET /api/v1/namespaces/ns', () => undefined);
    const impatient = new KubeClient(server.transport(), 300);
    expect(await failure(impatient.getMetadata(NAMESPACES, { name: 'ns' }))).to.include({ status: 0 });
    await server.stop();
    expect((await failure(client.getMetadata(NAMESPACES, { name: 'ns' }))).message).to.contain('ECONNREFUSED');
    server = await FakeApiServer.start();
  });

  it('knows from discovery what is served', async () => {
    server.on('GET /api/v1', answer({ resources: [{ name: 'pods' }, { name: 'pods/status' }] }));
    expect(await client.serves(PODS)).to.equal(true);
    expect(await client.serves(SECRETS)).to.equal(false);
    expect(await client.serves({ group: 'tekton.dev', version: 'v1alpha1', plural: 'runs', kind: 'Run' })).to.equal(
      false,
    );
  });
});

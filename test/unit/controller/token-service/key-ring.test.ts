import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { isGood } from '../../../../controller/certificates/authority.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { KeyRing } from '../../../../controller/token-service/keys/key-ring.ts';
import { authorityOf, renewedKeys, signingOf } from '../../../../controller/token-service/keys/key-secret.ts';
import { provenanceKeyOf, renewedProvenance } from '../../../../controller/token-service/keys/provenance-key.ts';
import { createLog } from '../../../../shared/log.ts';
import { answer, FakeApiServer, refuse } from '../../../support/fake-kubernetes/api-server.ts';

const SECRET = '/api/v1/namespaces/tekton-cache/secrets/tekton-cache-token-keys';
const PUBLISHED = '/api/v1/namespaces/tekton-cache/configmaps/tekton-cache-provenance-keys';
const NOW = new Date('2026-08-20T10:10:00Z');
const after = (days: number) => new Date(NOW.getTime() + days * 86_400_000);
const encoded = (keys: object) =>
  Object.fromEntries(
    Object.entries(keys).map(([name, value]) => [name, Buffer.from(String(value)).toString('base64')]),
  );

describe('keys of the token service', () => {
  it('are made where there are none, and stay as long as they are good', () => {
    const keys = renewedKeys({}, NOW);
    expect(keys && isGood(signingOf(keys), keys['authority.crt'], { days: 89, now: NOW })).to.equal(true);
    expect(renewedKeys(keys ?? {}, NOW)).to.equal(undefined);
    expect(renewedKeys(keys ?? {}, after(59))).to.equal(undefined);
  });

  it('are renewed long before their end, by the authority that registries know', () => {
    const keys = renewedKeys({}, NOW)!;
    const renewed = renewedKeys(keys, after(61))!;
    expect(authorityOf(renewed)).to.deep.equal(authorityOf(keys));
    expect(renewed['signing.key']).to.not.equal(keys['signing.key']);
    const old = { ...signingOf(keys) };
    expect(isGood(old, renewed['authority.crt'], { days: 20, now: after(61) }), 'the old one is still good').to.equal(
      true,
    );
  });

  it('are renewed where a clock that was ahead made them, by the authority of then', () => {
    const keys = renewedKeys({}, after(100))!;
    const renewed = renewedKeys(keys, NOW)!;
    expect(authorityOf(renewed)).to.deep.equal(authorityOf(keys));
    for (const { certificate } of [authorityOf(renewed), signingOf(renewed)]) {
      expect(new X509Certificate(certificate).validFromDate.getTime()).to.be.lessThan(NOW.getTime());
    }
    expect(renewedKeys(renewed, NOW)).to.equal(undefined);
  });

  it('are made anew where somebody has put something else, or the authority runs out', () => {
    const keys = renewedKeys({}, NOW)!;
    for (const broken of [{ 'authority.crt': 'x' }, { 'authority.key': '' }]) {
      expect(renewedKeys({ ...keys, ...broken }, NOW)?.['authority.crt']).to.not.equal(keys['authority.crt']);
    }
    const stranger = renewedKeys({}, NOW)!;
    const mixed = { ...keys, 'signing.crt': stranger['signing.crt'], 'signing.key': stranger['signing.key'] };
    expect(renewedKeys(mixed, NOW)?.['authority.crt']).to.equal(keys['authority.crt']);
    const late = renewedKeys(keys, after(3600))!;
    expect(late['authority.crt']).to.not.equal(keys['authority.crt']);
  });
});

describe('the Secret with the keys', () => {
  let server: FakeApiServer;
  let ring: KeyRing;
  beforeEach(async () => {
    server = await FakeApiServer.start();
    ring = ringOf(server);
    server
      .on(`GET ${PUBLISHED}`, answer({ metadata: { name: 'x' } }))
      .on(`PATCH ${PUBLISHED}`, answer({ metadata: { name: 'x' } }));
  });
  afterEach(async () => {
    ring.stop();
    await server.stop();
  });
  const ringOf = (api: FakeApiServer) =>
    new KeyRing({
      client: new KubeClient(api.transport()),
      namespace: 'tekton-cache',
      log: createLog({ silent: true }),
      now: () => NOW,
    });
  const secret = (data: object, resourceVersion = '7') =>
    answer({ metadata: { name: 'tekton-cache-token-keys', resourceVersion }, data: encoded(data) });
  const keyOfHeader = () => {
    const { x5c } = JSON.parse(Buffer.from(ring.key?.header ?? '', 'base64url').toString()) as { x5c: string[] };
    return new X509Certificate(Buffer.from(x5c[0] ?? '', 'base64')).toString();
  };

  const allKeys = () => ({ ...renewedKeys({}, NOW)!, ...renewedProvenance({})! });
  const published = () =>
    server.received.findLast(({ path }) => path === PUBLISHED)?.body as { data: object } | undefined;

  it('gets keys when it is empty, at the version that was read', async () => {
    server.on(`GET ${SECRET}`, secret({})).on(`PATCH ${SECRET}`, answer({ metadata: { name: 'x' } }));
    await ring.start();
    const patch = server.received.find(({ method }) => method === 'PATCH')?.body as {
      metadata: object;
      data: Record<string, string>;
    };
    expect(patch.metadata).to.deep.equal({ resourceVersion: '7' });
    expect(keyOfHeader()).to.equal(Buffer.from(patch.data['signing.crt'] ?? '', 'base64').toString());
  });

  it('is left alone when its keys are good', async () => {
    const keys = allKeys();
    server.on(`GET ${SECRET}`, secret(keys));
    await ring.start();
    expect(keyOfHeader()).to.equal(keys['signing.crt']);
    expect(server.count(`PATCH ${SECRET}`)).to.equal(0);
  });

  it('has the keys of the replica that was first', async () => {
    const keys = allKeys();
    server.on(`GET ${SECRET}`, secret({}), secret(keys, '8')).on(`PATCH ${SECRET}`, refuse(409, 'Conflict'));
    await ring.start();
    expect(keyOfHeader()).to.equal(keys['signing.crt']);
  });

  it('has a key for statements, whose public half is published before anything is signed with it', async () => {
    const keys = allKeys();
    server.on(`GET ${SECRET}`, secret(keys));
    await ring.start();
    expect(published()?.data).to.deep.equal({ 'provenance.pub': keys['provenance.pub'] });
    expect(ring.provenance?.id).to.equal(provenanceKeyOf(keys['provenance.key'])?.id);
  });

  it('gets a key for statements when it is of a version that had none, and keeps the others', async () => {
    const keys = renewedKeys({}, NOW)!;
    server.on(`GET ${SECRET}`, secret(keys)).on(`PATCH ${SECRET}`, answer({ metadata: { name: 'x' } }));
    await ring.start();
    const patch = server.received.find(({ method }) => method === 'PATCH')?.body as { data: object };
    expect(Object.keys(patch.data)).to.deep.equal(['provenance.key', 'provenance.pub']);
    expect(keyOfHeader()).to.equal(keys['signing.crt']);
  });

  it('gives tokens also where the public keys cannot be published, and no statements that nobody could verify', async () => {
    await server.stop();
    server = await FakeApiServer.start();
    // It answers 404 to all else.
    server.on(`GET ${SECRET}`, secret(allKeys()));
    ring = ringOf(server);
    await ring.start();
    expect([ring.key, ring.trouble].map((value) => value !== undefined)).to.deep.equal([true, false]);
    expect(ring.provenance).to.equal(undefined);
  });

  it('makes the service wait, with a reason, where it is missing or nobody answers', async () => {
    server.on(`GET ${SECRET}`, refuse(404, 'NotFound'));
    await ring.start();
    expect(ring.key).to.equal(undefined);
    expect(ring.trouble).to.contain('there is no Secret tekton-cache/tekton-cache-token-keys: apply the manifests');
  });
});

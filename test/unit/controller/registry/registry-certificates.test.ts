import { X509Certificate } from 'node:crypto';

import { expect } from 'chai';

import { newAuthority } from '../../../../controller/certificates/authority.ts';
import { KubeClient } from '../../../../controller/kube/api/client.ts';
import { renewedCertificates } from '../../../../controller/registry/certificate-secrets.ts';
import { CERTIFICATE_SECRETS, RegistryCertificates } from '../../../../controller/registry/registry-certificates.ts';
import { createLog } from '../../../../shared/log.ts';
import { answer, FakeApiServer, refuse } from '../../../support/fake-kubernetes/api-server.ts';

const NOW = new Date('2026-08-20T10:10:00Z');
const HOSTS = {
  registry: 'registry.tekton-cache.svc',
  tokenService: 'tokens.tekton-cache.svc',
  storage: 'tekton-cache-storage.tekton-cache.svc',
};
const REGISTRY = { registry: `${HOSTS.registry}:5000`, realm: `https://${HOSTS.tokenService}/token` };
const after = (days: number): Date => new Date(NOW.getTime() + days * 86_400_000);
const pathOf = (name: string): string => `/api/v1/namespaces/tekton-cache/secrets/${name}`;
const encode = (text: string): string => Buffer.from(text).toString('base64');

describe('certificates of the registry', () => {
  it('are made where there are none, for the hosts that helpers speak to, and stay as long as they are good', () => {
    const made = renewedCertificates({}, HOSTS, NOW)!;
    for (const name of ['registry', 'tokenService', 'storage'] as const) {
      const certificate = new X509Certificate(made[name].certificate);
      expect(certificate.checkHost(HOSTS[name])).to.equal(HOSTS[name]);
      expect(certificate.verify(new X509Certificate(made.authority.certificate).publicKey)).to.equal(true);
    }
    expect(renewedCertificates(made, HOSTS, NOW)).to.equal(undefined);
    expect(renewedCertificates(made, HOSTS, after(59))).to.equal(undefined);
  });

  it('are for addresses as well', () => {
    for (const host of ['10.1.2.3', '[fd00::1]']) {
      const hosts = { registry: host, tokenService: host, storage: host };
      const made = renewedCertificates({}, hosts, NOW)!;
      const certificate = new X509Certificate(made.registry.certificate);
      expect(certificate.checkIP(host.replace(/[[\]]/g, '')), host).to.be.a('string');
      expect(renewedCertificates(made, hosts, NOW), host).to.equal(undefined);
    }
  });

  it('are renewed before their end, by the authority that helpers know', () => {
    const made = renewedCertificates({}, HOSTS, NOW)!;
    const renewed = renewedCertificates(made, HOSTS, after(61))!;
    expect(renewed.authority).to.equal(made.authority);
    expect(renewed.registry).to.not.equal(made.registry);
    expect(renewed.tokenService).to.not.equal(made.tokenService);
  });

  it('are renewed where a clock that was ahead made them, by the authority of then', () => {
    const made = renewedCertificates({}, HOSTS, after(100))!;
    const renewed = renewedCertificates(made, HOSTS, NOW)!;
    expect(renewed.authority).to.equal(made.authority);
    for (const name of ['authority', 'registry', 'tokenService', 'storage'] as const) {
      const { validFromDate } = new X509Certificate(renewed[name].certificate);
      expect(validFromDate.getTime(), name).to.be.lessThan(NOW.getTime());
    }
    expect(renewedCertificates(renewed, HOSTS, NOW)).to.equal(undefined);
  });

  it('are made anew where they are for another host, of another authority, or broken; the rest stays', () => {
    const made = renewedCertificates({}, HOSTS, NOW)!;
    const moved = renewedCertificates(made, { ...HOSTS, registry: 'other.tekton-cache.svc' }, NOW)!;
    expect(moved.registry).to.not.equal(made.registry);
    expect(moved.tokenService).to.equal(made.tokenService);
    const stranger = renewedCertificates({}, HOSTS, NOW)!;
    const mixed = renewedCertificates({ ...made, tokenService: stranger.tokenService }, HOSTS, NOW)!;
    expect(mixed.registry).to.equal(made.registry);
    expect(mixed.tokenService).to.not.equal(stranger.tokenService);
    const broken = renewedCertificates({ ...made, authority: { certificate: 'x', key: 'y' } }, HOSTS, NOW)!;
    expect(broken.registry).to.not.equal(made.registry);
  });
});

describe('the Secrets with the certificates', () => {
  let server: FakeApiServer;
  let registry: typeof REGISTRY | undefined;
  let certificates: RegistryCertificates;

  const secret = (name: string, data: Record<string, string> = {}, annotations = {}) => ({
    metadata: { namespace: 'tekton-cache', name, uid: name, resourceVersion: '7', annotations },
    data: Object.fromEntries(Object.entries(data).map(([key, text]) => [key, encode(text)])),
  });
  const patches = (): Record<string, Record<string, string>> =>
    Object.fromEntries(
      server.received
        .filter(({ method }) => method === 'PATCH')
        .map(({ path, body }) => [path.split('/').at(-1), Reflect.get(body as object, 'data')]),
    );
  const empty = (): void => {
    for (const name of Object.values(CERTIFICATE_SECRETS)) {
      server.on(`GET ${pathOf(name)}`, answer(secret(name)));
      server.on(`PATCH ${pathOf(name)}`, answer(secret(name)));
    }
  };

  beforeEach(async () => {
    server = await FakeApiServer.start();
    registry = REGISTRY;
    certificates = new RegistryCertificates({
      client: new KubeClient(server.transport()),
      namespace: 'tekton-cache',
      registry: () => registry,
      log: createLog({ silent: true }),
      now: () => NOW,
    });
  });
  afterEach(async () => {
    certificates.stop();
    await server.stop();
  });

  it('are filled, and the authority is told', async () => {
    empty();
    await certificates.start();
    const written = patches();
    expect(Object.keys(written)).to.deep.equal(Object.values(CERTIFICATE_SECRETS));
    expect(Object.keys(written[CERTIFICATE_SECRETS.registry] ?? {})).to.deep.equal(['tls.crt', 'tls.key', 'ca.crt']);
    expect(written[CERTIFICATE_SECRETS.authority]?.['ca.crt']).to.equal(encode(certificates.authority));
    expect(certificates.authority).to.include('BEGIN CERTIFICATE');
  });

  it('are read again where another controller was first', async () => {
    const others = renewedCertificates({}, HOSTS, NOW)!;
    const { authority, registry: tls, tokenService, storage } = CERTIFICATE_SECRETS;
    const filled: readonly (readonly [string, Record<string, string>])[] = [
      [authority, { 'ca.crt': others.authority.certificate, 'ca.key': others.authority.key }],
      [tls, { 'tls.crt': others.registry.certificate, 'tls.key': others.registry.key }],
      [tokenService, { 'tls.crt': others.tokenService.certificate, 'tls.key': others.tokenService.key }],
      [storage, { 'tls.crt': others.storage.certificate, 'tls.key': others.storage.key }],
    ];
    for (const [name, data] of filled) {
      server.on(`GET ${pathOf(name)}`, answer(secret(name)), answer(secret(name, data)));
      server.on(`PATCH ${pathOf(name)}`, refuse(409, 'Conflict'));
    }
    await certificates.start();
    expect(certificates.authority).to.equal(others.authority.certificate);
    expect(server.count(`PATCH ${pathOf(authority)}`)).to.equal(1);
    expect(server.count(`PATCH ${pathOf(tls)}`)).to.equal(0);
  });

  it('are only read where cert-manager keeps them', async () => {
    const own = newAuthority('of cert-manager', { days: 90, now: NOW }).certificate;
    const { authority, registry: tls, tokenService, storage } = CERTIFICATE_SECRETS;
    const annotations = { 'cert-manager.io/certificate-name': 'registry' };
    server.on(`GET ${pathOf(authority)}`, answer(secret(authority)));
    server.on(`GET ${pathOf(tls)}`, answer(secret(tls, { 'ca.crt': own }, annotations)));
    for (const name of [tokenService, storage]) server.on(`GET ${pathOf(name)}`, answer(secret(name)));
    await certificates.start();
    expect(certificates.authority).to.equal(own);
    expect(patches()).to.deep.equal({});
  });

  it('are nobody’s business where the configuration does not say that they are ours', async () => {
    registry = undefined;
    await certificates.start();
    expect(server.received).to.deep.equal([]);
    expect(certificates.authority).to.equal('');
  });

  it('that are not there are waited for, and no authority is told meanwhile', async () => {
    for (const name of Object.values(CERTIFICATE_SECRETS)) server.on(`GET ${pathOf(name)}`, refuse(404, 'NotFound'));
    await certificates.start();
    expect(certificates.authority).to.equal('');
    expect(patches()).to.deep.equal({});
  });
});

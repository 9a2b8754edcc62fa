import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { issueCertificate, newAuthority } from '../../../../controller/certificates/authority.ts';
import { until } from '../../../support/deadline.ts';
import { answer, FakeApiServer, listOf, stream } from '../../../support/fake-kubernetes/api-server.ts';
import { patient } from '../../../support/patience.ts';
import { rightOf, rightsIn } from '../../../support/fake-kubernetes/rights.ts';
import { startRole } from '../../../support/fake-kubernetes/role-process.ts';
import type { RoleProcess } from '../../../support/fake-kubernetes/role-process.ts';

const RBAC = 'manifests/overlays/registry/200-storage-rbac.yaml';
const NAMESPACE = '/api/v1/namespaces/tekton-cache';
const SECRET = `${NAMESPACE}/secrets/tekton-cache-storage-notifications`;
const CONFIG_MAPS = `${NAMESPACE}/configmaps`;
const STATE = `${CONFIG_MAPS}/tekton-cache-storage`;
const COLLECTOR = '/apis/apps/v1/namespaces/tekton-cache/deployments/tekton-cache-registry-collector';
const MANIFEST = { layers: [] };
const DIGEST = `sha256:${hash('sha256', JSON.stringify(MANIFEST))}`;

/** A registry with one manifest, of a run; its token server is the same with TLS. */
const answerTo =
  (requests: string[]): http.RequestListener =>
  ({ method, url = '' }, response) => {
    requests.push(`${method} ${url.split('?')[0]}`);
    const address = new URL(url, 'http://registry');
    const bodies: Readonly<Record<string, object>> = {
      '/token': { token: 'x' },
      '/v2/_catalog': { repositories: ['ns/runs/uid/deps'] },
      '/v2/ns/runs/uid/deps/tags/list': { tags: ['v1'] },
      [`/v2/ns/runs/uid/deps/manifests/${DIGEST}`]: MANIFEST,
    };
    const body = bodies[address.pathname] ?? {};
    response.writeHead(200, { 'docker-content-digest': DIGEST }).end(JSON.stringify(body));
  };

async function addressOf(listening: http.Server): Promise<string> {
  listening.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return `127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

describe('the rights of the housekeeper', function () {
  // It is a process of its own, on a machine that may be busy.
  this.timeout(patient(60_000));
  let server: FakeApiServer;
  let registry: http.Server;
  let tokens: http.Server;
  let directory: string;
  let role: RoleProcess;
  const requests: string[] = [];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'storage-'));
    const validity = { days: 1, now: new Date() };
    const authority = newAuthority('test', validity);
    const names = ['127.0.0.1'];
    const tls = issueCertificate(authority, { subject: 'tokens', usage: 'server', names, ...validity });
    const authorityFile = join(directory, 'authority.crt');
    await writeFile(authorityFile, authority.certificate);
    registry = http.createServer(answerTo(requests));
    tokens = https.createServer({ key: tls.key, cert: tls.certificate }, answerTo(requests));
    server = await FakeApiServer.start();
    const realm = `https://${await addressOf(tokens)}/token`;
    const data = { 'storage-keep-runs': '1ms', registry: await addressOf(registry), 'registry-realm': realm };
    const runs = (version: string, plural: string) => `GET /apis/tekton.dev/${version}/namespaces/ns/${plural}`;
    server
      .on(`GET ${SECRET}`, answer({ metadata: { name: 'notifications', resourceVersion: '1' } }))
      .on(`PATCH ${SECRET}`, answer({ metadata: { name: 'notifications' } }))
      .on(
        `GET ${CONFIG_MAPS}`,
        listOf('1', { metadata: { name: 'tekton-cache-config', namespace: 'tekton-cache' }, data }),
      )
      .on(`WATCH ${CONFIG_MAPS}`, stream())
      .on(`GET ${STATE}`, answer({ metadata: { name: 'tekton-cache-storage' } }))
      .on(`PATCH ${STATE}`, answer({ metadata: { name: 'tekton-cache-storage' } }))
      .on(`GET ${COLLECTOR}`, answer({ metadata: { name: 'collector' }, status: { readyReplicas: 1 } }))
      .on(`PATCH ${COLLECTOR}/scale`, answer({ metadata: { name: 'collector' } }))
      .on(runs('v1', 'pipelineruns'), listOf('1'))
      .on(runs('v1', 'taskruns'), listOf('1'))
      .on(runs('v1beta1', 'customruns'), listOf('1'));
    const podToken = join(directory, 'token');
    await writeFile(podToken, 'token of the pod');
    const env = {
      INVENTORY: join(directory, 'inventory.db'),
      POD_TOKEN: podToken,
      NODE_EXTRA_CA_CERTS: authorityFile,
      DRAIN_SECONDS: '0',
    };
    role = await startRole('storage/main.ts', { server: server.url, directory, env });
  });
  after(async () => {
    await role.stop('SIGKILL');
    await server.stop();
    for (const one of [registry, tokens]) {
      one.closeAllConnections();
      one.close();
    }
    await rm(directory, { recursive: true });
  });

  it('are those that it uses: each rule is needed, and nothing is missing', async () => {
    const healthPort = await until('it to listen', 45_000, () =>
      Promise.resolve(/"message":"listening for health","port":(\d+)/.exec(role.log())?.[1]),
    );
    await until('it to be ready', 45_000, async () => (await fetch(`http://127.0.0.1:${healthPort}/readyz`)).ok);
    await until('the last word of a collection', 45_000, () => {
      expect(role.code(), role.log()).to.equal(undefined);
      return Promise.resolve(
        server.received.some(
          ({ method, path, body }) =>
            method === 'PATCH' && path === STATE && JSON.stringify(body).includes('"collect-before":null'),
        ),
      );
    });
    const used = new Set(server.received.map(rightOf));
    expect([...used].toSorted()).to.deep.equal((await rightsIn(RBAC)).toSorted());
    expect(requests).to.include.members(['GET /v2/_catalog', `DELETE /v2/ns/runs/uid/deps/manifests/${DIGEST}`]);
  });

  it('let it end in order when it is told to', async () => {
    expect(await role.stop('SIGTERM'), role.log()).to.equal(0);
  });
});

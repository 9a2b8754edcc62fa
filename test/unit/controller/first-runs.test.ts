import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import { renewedCertificates } from '../../../controller/registry/certificate-secrets.ts';
import { renewedProvenance } from '../../../controller/token-service/keys/provenance-key.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';
import { until } from '../../support/deadline.ts';
import { answer, FakeApiServer, listOf, refuse, stream } from '../../support/fake-kubernetes/api-server.ts';
import type { Answer } from '../../support/fake-kubernetes/api-server.ts';
import { startRole } from '../../support/fake-kubernetes/role-process.ts';

const NAMESPACE = '/api/v1/namespaces/tekton-cache';
const TEKTON = '/apis/tekton.dev/v1beta1';
const HOSTS = {
  registry: 'registry.svc',
  tokenService: 'tokens.svc',
  storage: 'tekton-cache-storage.tekton-cache.svc',
};
const CONFIG = {
  registry: HOSTS.registry,
  'registry-realm': `https://${HOSTS.tokenService}/token`,
  'registry-certificates': 'own',
  verify: 'require',
};

const inBase64 = (items: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(items).map(([name, text]) => [name, Buffer.from(text).toString('base64')]));
const metaOf = (name: string) => ({ namespace: 'tekton-cache', name, uid: name, resourceVersion: '1' });
/** A server that is slow about one answer. */
const later =
  (ms: number, next: Answer): Answer =>
  (request, response) => {
    setTimeout(() => next(request, response), ms);
  };

describe('a run that was there before its controller', () => {
  let server: FakeApiServer;
  let directory: string;
  const certificates = renewedCertificates({}, HOSTS, new Date())!;
  const publicKeys = renewedProvenance({})!['provenance.pub'];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'first-runs-'));
    server = await FakeApiServer.start();
    const published = { metadata: metaOf('tekton-cache-provenance-keys'), data: { 'provenance.pub': publicKeys } };
    // The server is slow about the keys, and about the Secrets.
    const keyLists: Answer[] = [refuse(503, 'ServiceUnavailable'), listOf('1', published)];
    const byName: Answer = (request, response) => {
      const isConfig = request.query.get('fieldSelector')?.endsWith('-config') === true;
      const give = isConfig ? listOf('1', { metadata: metaOf('tekton-cache-config'), data: CONFIG }) : keyLists.shift();
      (give ?? refuse(500, 'asked too often'))(request, response);
    };
    server.on(`GET ${NAMESPACE}/configmaps`, byName).on(`WATCH ${NAMESPACE}/configmaps`, stream());
    const secrets = { authority: 'registry-authority', registry: 'registry-tls', storage: 'storage-tls' } as const;
    for (const [part, name] of Object.entries({ ...secrets, tokenService: 'token-service-tls' } as const)) {
      const { certificate, key } = certificates[part as keyof typeof certificates];
      const prefix = part === 'authority' ? 'ca' : 'tls';
      const data = inBase64({ [`${prefix}.crt`]: certificate, [`${prefix}.key`]: key });
      const secret = answer({ metadata: metaOf(`tekton-cache-${name}`), data });
      server.on(`GET ${NAMESPACE}/secrets/tekton-cache-${name}`, later(500, secret));
    }
    const run = {
      metadata: { namespace: 'team', name: 'fetch', uid: 'uid', resourceVersion: '1' },
      spec: {
        customRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' },
        params: [{ name: 'hash', value: 'key' }],
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
      },
    };
    server
      .on(`GET ${TEKTON}`, answer({ resources: [{ name: 'customruns' }] }))
      .on(`GET ${TEKTON}/customruns`, listOf('1', run))
      .on(`WATCH ${TEKTON}/customruns`, stream())
      .on('GET /api/v1/pods', listOf('1'))
      .on('WATCH /api/v1/pods', stream())
      .on('GET /api/v1/namespaces/team', answer({ metadata: { name: 'team' } }))
      .on('GET /api/v1/namespaces/team/serviceaccounts/default', answer({ metadata: { name: 'default' } }))
      .on('POST /api/v1/namespaces/team/pods', answer({ metadata: { namespace: 'team', name: 'pod', uid: 'pod' } }))
      .on(`PATCH ${TEKTON}/namespaces/team/customruns/fetch/status`, answer(run));
  });
  after(async () => {
    await server.stop();
    await rm(directory, { recursive: true });
  });

  it('gets the authority of the registry and the public keys, however late they are read', async () => {
    // It waits for them as long as this test does.
    const env = { IMAGE: 'helper', FIRST_READ_SECONDS: '600' };
    const controller = await startRole('main.ts', { server: server.url, directory, env });
    try {
      const pod = await until('the helper pod', 60_000, () =>
        Promise.resolve(server.received.find(({ method, path }) => method === 'POST' && path.endsWith('/pods'))?.body),
      );
      const { spec } = pod as {
        readonly spec: { readonly containers: readonly [{ readonly env: readonly EnvVar[] }] };
      };
      const request = spec.containers[0].env.find(({ name }) => name === 'CACHE_REQUEST')?.value ?? '{}';
      const { verify, registryToken } = JSON.parse(request) as CacheRequest;
      expect({ verify, ca: registryToken?.ca, publicKeys: registryToken?.publicKeys }, controller.log()).to.deep.equal({
        verify: 'require',
        ca: certificates.authority.certificate,
        publicKeys,
      });
    } finally {
      await controller.stop('SIGKILL');
    }
  });
});

interface EnvVar {
  readonly name: string;
  readonly value?: string;
}

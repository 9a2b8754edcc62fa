import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { policyOf, readConfig } from '../../../controller/config/config.ts';
import { TokenMetrics } from '../../../controller/metrics/token-metrics.ts';
import { signAccessToken, signingKeyOf, TOKEN_SECONDS } from '../../../controller/token-service/keys/access-token.ts';
import type { SigningKey } from '../../../controller/token-service/keys/access-token.ts';
import { renewedKeys, signingOf } from '../../../controller/token-service/keys/key-secret.ts';
import { PodLimits } from '../../../controller/token-service/pod-limits.ts';
import { serveTokens } from '../../../controller/token-service/token-server.ts';
import type { BoundedServer } from '../../../controller/server/bounded-server.ts';
import { TokenService } from '../../../controller/token-service/token-service.ts';
import { createLog } from '../../../shared/log.ts';
import { sha256 } from '../../../shared/store/digest.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { authFor, writeDockerConfig } from '../../support/registry/docker-config.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { OPTIONS } from '../store/fault-bench.ts';
import { CONFIG, imageOf, OCI_MANIFEST } from '../store/store-contract.ts';

const SERVICE = 'tekton-cache-registry';
const DAY_MS = 86_400_000;
const BLOB = Buffer.from('content of team-b');

/** One pod for each namespace; its password is the namespace's name. */
const requesterOf = (namespace: string) => ({
  pod: `${namespace}/pod`,
  podUid: namespace,
  run: 'PipelineRun ci',
  task: 'TaskRun ci-build',
  facts: { namespace, namespaceLabels: {}, serviceAccount: 'default', run: 'uid', annotations: {}, labels: {} },
});

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`tokens of the token service at ${kind}`, () => {
    const keys = renewedKeys({}, new Date())!;
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let tokens: BoundedServer;
    let registry: RunningRegistry;
    let realm: string;
    let key: SigningKey;

    before(async () => {
      key = signingKeyOf(signingOf(keys));
      directory = await temporaryDirectory();
      const service = new TokenService({
        rules: () => ({ policy: policyOf(readConfig({}).config), services: [SERVICE] }),
        key: () => key,
        identify: (password) => Promise.resolve(requesterOf(password)),
        limits: new PodLimits({ perSecond: 100, burst: 1000 }),
        metrics: new TokenMetrics(),
        log: createLog({ silent: true }),
      });
      tokens = serveTokens(0, service);
      await once(tokens.server, 'listening');
      realm = `http://127.0.0.1:${(tokens.server.address() as AddressInfo).port}/token`;
      const rootcertbundle = join(directory.path, 'authority.crt');
      await writeFile(rootcertbundle, keys['authority.crt']);
      registry = await startRegistry({
        kind,
        auth: { token: { realm, service: SERVICE, issuer: 'tekton-cache', rootcertbundle } },
      });
      expect(await pushBlob('team-b/app', BLOB, await tokenOf('team-b', 'repository:team-b/app:pull,push'))).to.equal(
        201,
      );
    });
    after(async () => {
      tokens?.server.closeAllConnections();
      tokens?.server.close();
      await registry?.stop();
      await directory?.remove();
    });

    const tokenOf = async (password: string, ...scopes: readonly string[]): Promise<string> => {
      const query = new URLSearchParams({ service: SERVICE });
      for (const scope of scopes) query.append('scope', scope);
      const response = await fetch(`${realm}?${query.toString()}`, {
        headers: { authorization: `Basic ${authFor('x', password).auth}` },
      });
      return ((await response.json()) as { token: string }).token;
    };
    const send = async (
      method: string,
      path: string,
      token: string,
      init: { body?: string | Buffer<ArrayBuffer>; headers?: Record<string, string> } = {},
    ) =>
      await fetch(`http://${registry.host}/v2/${path}`, {
        ...init,
        method,
        headers: { ...init.headers, authorization: `Bearer ${token}` },
      });
    const status = async (...request: Parameters<typeof send>) => (await send(...request)).status;
    const pushBlob = async (repository: string, content: Buffer<ArrayBuffer>, token: string) => {
      const begun = await send('POST', `${repository}/blobs/uploads/`, token);
      if (begun.status !== 202) return begun.status;
      const location = new URL(begun.headers.get('location') ?? '', `http://${registry.host}`);
      location.searchParams.set('digest', sha256(content));
      const headers = { 'content-type': 'application/octet-stream' };
      return await status('PUT', `${location.pathname.replace('/v2/', '')}${location.search}`, token, {
        body: content,
        headers,
      });
    };
    const mayPull = async (token: string) => (await status('GET', `team-b/app/blobs/${sha256(BLOB)}`, token)) === 200;

    it('open to our own client what is below its namespace, and nothing else', async () => {
      const login = await writeDockerConfig(join(directory.path, 'team-a'), {
        auths: { [registry.host]: authFor('tekton-cache', 'team-a') },
      });
      const open = (name: string) =>
        openStore(`${registry.host}/${name}`, { ...OPTIONS, dockerConfigs: [login], warn: () => undefined }).store;
      const [own, other] = [open('team-a/app'), open('team-b/app')];
      await own.putBlob(sha256(CONFIG), CONFIG);
      await own.putManifest('v1', OCI_MANIFEST, imageOf([]));
      expect((await own.getManifest('v1'))?.bytes).to.deep.equal(imageOf([]));
      for (const asked of [
        async () => await other.getManifest('v1'),
        async () => await other.putManifest('v1', OCI_MANIFEST, imageOf([])),
      ]) {
        expect(await asked().catch((error: { code: string }) => error.code)).to.equal('Unauthorized');
      }
      await Promise.all([own.close(), other.close()]);
    });

    it('open nothing of another namespace, however it is asked for', async () => {
      const everything = ['repository:team-b/app:pull,push,delete,*', 'repository:*:*', 'registry:catalog:*'];
      const token = await tokenOf('team-a', 'repository:team-a/app:pull,push,delete,*', ...everything);
      const digest = sha256(BLOB);
      const body = JSON.stringify({ schemaVersion: 2 });
      const headers = { 'content-type': OCI_MANIFEST };
      expect({
        pull: await status('GET', `team-b/app/blobs/${digest}`, token),
        push: await pushBlob('team-b/app', Buffer.from('poison'), token),
        tag: await status('PUT', 'team-b/app/manifests/main', token, { body, headers }),
        byDigest: await status('PUT', `team-b/app/manifests/${sha256(Buffer.from(body))}`, token, { body, headers }),
        tags: await status('GET', 'team-b/app/tags/list', token),
        mount: await status('POST', `team-a/app/blobs/uploads/?mount=${digest}&from=team-b/app`, token),
        catalogue: await status('GET', '_catalog', token),
        deleteOther: await status('DELETE', `team-b/app/blobs/${digest}`, token),
        deleteOwn: await status('DELETE', `team-a/app/blobs/${digest}`, token),
        outside: await pushBlob('app', Buffer.from('poison'), token),
        alike: await pushBlob('team-ab/app', Buffer.from('poison'), token),
        untrusted: await pushBlob('team-a/untrusted/app/7', Buffer.from('poison'), token),
        run: await pushBlob('team-a/runs/another/x', Buffer.from('poison'), token),
      }).to.deep.equal({
        pull: 401,
        push: 401,
        tag: 401,
        byDigest: 401,
        tags: 401,
        mount: 401,
        catalogue: 401,
        deleteOther: 401,
        deleteOwn: 401,
        outside: 401,
        alike: 401,
        untrusted: 401,
        run: 401,
      });
    });

    it('are good for what was asked, no longer than five minutes, at this registry, unchanged', async () => {
      const access = [{ type: 'repository', name: 'team-b/app', actions: ['pull'] }];
      const claims = { subject: 'x', service: SERVICE, access, now: new Date(), seconds: TOKEN_SECONDS };
      expect(await mayPull(signAccessToken(key, claims))).to.equal(true);
      // A registry allows a minute for clocks that differ.
      expect(await mayPull(signAccessToken(key, { ...claims, now: new Date(Date.now() - 370_000) }))).to.equal(false);
      expect(await mayPull(signAccessToken(key, { ...claims, service: 'another' }))).to.equal(false);
      const stranger = signingKeyOf(signingOf(renewedKeys({}, new Date())!));
      expect(await mayPull(signAccessToken(stranger, claims))).to.equal(false);
      const [header = '', , signature = ''] = (await tokenOf('team-a', 'repository:team-a/app:pull')).split('.');
      const [, forged = ''] = signAccessToken(key, claims).split('.');
      expect(await mayPull([header, forged, signature].join('.'))).to.equal(false);
      expect(
        await mayPull([Buffer.from('{"alg":"none","typ":"JWT"}').toString('base64url'), forged, ''].join('.')),
      ).to.equal(false);
    });

    it('of a renewed key are taken without a word to the registry, and those of the one before as well', async () => {
      const before = await tokenOf('team-b', 'repository:team-b/app:pull');
      const renewed = renewedKeys({ ...keys, 'signing.crt': '' }, new Date(Date.now() - DAY_MS / 24))!;
      key = signingKeyOf(signingOf(renewed));
      const afterwards = await tokenOf('team-b', 'repository:team-b/app:pull');
      expect(afterwards.split('.')[0]).to.not.equal(before.split('.')[0]);
      expect([await mayPull(before), await mayPull(afterwards)]).to.deep.equal([true, true]);
    });
  });
}

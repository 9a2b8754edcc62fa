import { once } from 'node:events';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { TokenMetrics } from '../../../controller/metrics/token-metrics.ts';
import { signingKeyOf } from '../../../controller/token-service/keys/access-token.ts';
import { renewedKeys, signingOf } from '../../../controller/token-service/keys/key-secret.ts';
import { provenanceKeyOf, renewedProvenance } from '../../../controller/token-service/keys/provenance-key.ts';
import { PodLimits } from '../../../controller/token-service/pod-limits.ts';
import { serveTokens } from '../../../controller/token-service/token-server.ts';
import type { BoundedServer } from '../../../controller/server/bounded-server.ts';
import { TokenService } from '../../../controller/token-service/token-service.ts';
import { realPorts } from '../../../shared/helper/ports.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import type { RegistryToken } from '../../../shared/interface/places/registry-token.ts';
import { createLog } from '../../../shared/log.ts';
import type { CacheDirectory } from '../../../shared/request/protocol.ts';
import { parseAsked, parseRequest } from '../../../shared/request/request.ts';
import { readPolicy } from '../../../shared/scope/policy.ts';
import { askScope } from '../../../shared/store/ask-scope.ts';
import { makeCertificates } from '../../support/registry/certificates.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import { stamped } from '../../support/product/stamps.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';

const SERVICE = 'tekton-cache-registry';
const LAYER_BYTES = 400_000;
const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** What the platform says of each run. */
const RUNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  main: stamped('push', 'https://git/org/app'),
  fork7: stamped('pull_request', 'https://git/stranger/app', { branch: 'target', 'pull-request': '7' }),
  fork8: stamped('pull_request', 'https://git/other/app', { branch: 'target', 'pull-request': '8' }),
  fork9: stamped('pull_request', 'https://git/third/app', { branch: 'target', 'pull-request': '9' }),
  release: stamped('push', 'https://git/org/app', { branch: 'refs/tags/v1' }),
};
const POLICY = readPolicy({
  'token-trust': '[{trust: release, match: {events: [push], branches: [refs/tags/*]}}]',
});

for (const kind of ['docker-registry', 'distribution'] as const) {
  describe(`one pipeline for a pull request, a push and a release, at ${kind}`, () => {
    let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
    let tokens: BoundedServer;
    let registry: RunningRegistry;
    let settings: Omit<RegistryToken, 'tokenFile'>;

    before(async () => {
      directory = await temporaryDirectory();
      const keys = renewedKeys({}, new Date())!;
      const key = signingKeyOf(signingOf(keys));
      // An upload asks for a statement for some seconds where the service has no key for it.
      const provenance = provenanceKeyOf(renewedProvenance({})!['provenance.key']);
      const service = new TokenService({
        rules: () => ({ policy: POLICY, services: [SERVICE] }),
        key: () => key,
        statements: { key: () => provenance, version: 'test' },
        // The `sub` of a token is the name of its run.
        identify: (password) => {
          const payload = Buffer.from(password.split('.')[1] ?? '', 'base64url').toString();
          const { sub } = JSON.parse(payload) as { readonly sub: string };
          const facts = { namespace: 'team-a', namespaceLabels: {}, serviceAccount: 'default', labels: {} };
          const run = { ...facts, run: sub, annotations: RUNS[sub] ?? {} };
          return Promise.resolve({
            pod: `team-a/${sub}`,
            podUid: sub,
            run: `PipelineRun ${sub}`,
            task: 'x',
            facts: run,
          });
        },
        limits: new PodLimits({ perSecond: 100, burst: 1000 }),
        metrics: new TokenMetrics(),
        log: createLog({ silent: true }),
      });
      const certificates = await makeCertificates(directory.path);
      const [cert, tlsKey, ca] = await Promise.all(
        [certificates.certificate, certificates.key, certificates.authority].map((file) => readFile(file, 'utf8')),
      );
      tokens = serveTokens(0, service, { cert: cert ?? '', key: tlsKey ?? '' });
      await once(tokens.server, 'listening');
      const realm = `https://127.0.0.1:${(tokens.server.address() as AddressInfo).port}/token`;
      const rootcertbundle = join(directory.path, 'authority.crt');
      await writeFile(rootcertbundle, keys['authority.crt']);
      const token = { realm, service: SERVICE, issuer: 'tekton-cache', rootcertbundle };
      registry = await startRegistry({ kind, auth: { token } });
      settings = { registry: registry.host, realm, ca: ca ?? '' };
    });
    after(async () => {
      tokens?.server.closeAllConnections();
      tokens?.server.close();
      await registry?.stop();
      await directory?.remove();
    });

    const registryTokenOf = async (run: string): Promise<RegistryToken> => {
      const tokenFile = join(directory.path, `token-${run}`);
      const claims = { aud: ['tekton-cache'], sub: run, exp: 4_000_000_000 };
      await writeFile(tokenFile, `${encode({ alg: 'RS256' })}.${encode(claims)}.c2ln`);
      return { ...settings, tokenFile };
    };

    /** One step of one run: the same params for all of them. */
    const step = async (verb: 'fetch' | 'upload', run: string, dir: string) => {
      const target = `${registry.host}/{{namespace}}/app/{{workspace}}:{{hash}}`;
      const moving = `${registry.host}/{{namespace}}/app/{{workspace}}:latest`;
      const own = verb === 'fetch' ? { fallbacks: moving } : { aliases: 'latest' };
      const request = parseRequest({
        verb,
        surface: 'cli',
        params: { target, hash: 'key', ...own },
        caches: [{ name: 'deps', dir }],
        variables: { namespace: 'team-a' },
        dockerConfigs: [],
        registryToken: await registryTokenOf(run),
      });
      const { results } = await runRequest(request, realPorts(request, { line: () => undefined }));
      const place = results['target']?.replace(`${registry.host}/`, '') ?? '';
      return { reason: results['reason'], place, sent: Number(results['bytes'] ?? 0) };
    };

    /** A build: fetch, maybe change something, upload; says what it read and wrote. */
    const build = async (run: string, file?: string) => {
      const dir = join(directory.path, 'workspace');
      await rm(dir, { recursive: true, force: true });
      await mkdir(dir);
      const read = await step('fetch', run, dir);
      const had = await readFile(join(dir, 'by'), 'utf8').catch(() => 'nobody');
      if (had === 'nobody') await writeFile(join(dir, 'large'), noise());
      if (file !== undefined) await writeFile(join(dir, 'by'), file);
      const wrote = await step('upload', run, dir);
      const sent = wrote.sent < LAYER_BYTES ? 'little' : 'all';
      return [`${read.reason} ${read.place}`, had, `${wrote.reason} ${wrote.place}`, sent];
    };

    it('reads and writes where the scope of each run is, and sends nothing that may be mounted', async () => {
      const at = (part: string): string => `team-a${part}/app/deps:key`;
      const [main, released] = [at(''), at('/release')];
      const [own7, own8, own9] = ['7', '8', '9'].map((number) => at(`/untrusted/app/${number}`));
      // Which run, what it makes of the content; what it read, who had made that, what it wrote, how much it sent.
      const rows = [
        ['fork8', 'fork 8', `not-found ${own8}`, 'nobody', `pushed ${own8}`, 'all'],
        ['main', 'main', `not-found ${main}`, 'nobody', `pushed ${main}`, 'all'],
        ['fork7', 'fork 7', `exact ${main}`, 'main', `pushed ${own7}`, 'little'],
        ['fork7', undefined, `exact ${own7}`, 'fork 7', `unchanged ${own7}`, 'little'],
        ['fork8', undefined, `exact ${own8}`, 'fork 8', `unchanged ${own8}`, 'little'],
        ['fork9', undefined, `exact ${main}`, 'main', `pushed ${own9}`, 'little'],
        ['main', undefined, `exact ${main}`, 'main', `unchanged ${main}`, 'little'],
        ['release', 'release', `not-found ${released}`, 'nobody', `pushed ${released}`, 'all'],
        ['release', undefined, `exact ${released}`, 'release', `unchanged ${released}`, 'little'],
      ] as const;
      const seen: unknown[] = [];
      for (const [run, file] of rows) seen.push([run, file, ...(await build(run, file))]);
      expect(seen).to.deep.equal(rows);
    });

    it('moves content between the tasks of a run in its own place, which another run may not read', async () => {
      const key = `${registry.host}/{{namespace}}/app/{{workspace}}`;
      const own = `${registry.host}/team-a/runs/fork8/app/deps`;
      const dir = (name: string): string => join(directory.path, name);
      const move = async (verb: 'fetch' | 'upload', run: string, cache: Omit<CacheDirectory, 'name'>) => {
        const { request } = parseAsked({
          verb,
          surface: 'cli',
          params: { target: `${key}:moved` },
          caches: [{ name: 'deps', ...cache }],
          variables: { namespace: 'team-a' },
          dockerConfigs: [],
          registryToken: await registryTokenOf(run),
        });
        const { results } = await runRequest(request, realPorts(request, { line: () => undefined }));
        return [results['reason'], Number(results['bytes'] ?? 0) < LAYER_BYTES ? 'little' : 'all'];
      };
      for (const name of ['first', 'second', 'third', 'fourth', 'stranger']) await mkdir(dir(name));
      await writeFile(join(dir('first'), 'large'), noise());
      const handoff = { target: `${own}:x-fork8-first`, aliases: [], keepMs: 3_600_000, origins: [key] };
      expect(await move('upload', 'fork8', { dir: dir('first'), ...handoff })).to.deep.equal(['pushed', 'all']);

      // The second task: what it read is mounted into the place of the key, and from there into that of the run again.
      const before = { target: `${own}:x-fork8-first`, fallbacks: [] };
      expect((await move('fetch', 'fork8', { dir: dir('second'), ...before }))[0]).to.equal('exact');
      await writeFile(join(dir('second'), 'new'), 'of the second task');
      const travels = { target: `${own}:x-fork8-second`, keepMs: 3_600_000 };
      expect(await move('upload', 'fork8', { dir: dir('second'), origins: [own], travels })).to.deep.equal([
        'pushed',
        'little',
      ]);
      const after = { target: `${own}:x-fork8-second`, fallbacks: [] };
      expect((await move('fetch', 'fork8', { dir: dir('third'), ...after }))[0]).to.equal('exact');
      expect(await readFile(join(dir('third'), 'new'), 'utf8')).to.equal('of the second task');

      // A key that is not the run's to write costs nobody what the tasks hand on.
      const elsewhere = `${registry.host}/team-b/app/deps`;
      const refused = { target: `${own}:x-fork8-refused`, keepMs: 3_600_000 };
      const uploaded = { dir: dir('third'), target: `${elsewhere}:moved`, aliases: [], travels: refused };
      expect((await move('upload', 'fork8', uploaded))[0]).to.equal('unauthorized');
      const handed = { dir: dir('fourth'), target: refused.target, fallbacks: [] };
      expect((await move('fetch', 'fork8', handed))[0]).to.equal('exact');

      for (const other of ['main', 'fork7', 'release']) {
        expect((await move('fetch', other, { dir: dir('stranger'), ...after }))[0], other).to.equal('unauthorized');
        expect((await move('upload', other, { dir: dir('first'), ...handoff }))[0], other).to.equal('unauthorized');
      }
    });

    it('is told to nobody but who has the token of a run', async () => {
      const good = await registryTokenOf('fork7');
      const places = JSON.parse((await askScope(good)) ?? '') as object;
      expect(places).to.include({ trust: 'untrusted', writes: 'team-a/untrusted/app/7' });
      expect(await askScope({ ...good, tokenFile: join(directory.path, 'missing') })).to.equal(undefined);
      // Of another authority: who has the name of the token server gets no token.
      const other = await makeCertificates((await mkdir(join(directory.path, 'other'), { recursive: true })) ?? '');
      const failure = await askScope({ ...good, ca: await readFile(other.authority, 'utf8') }).catch(
        (error: { readonly code: string }) => error.code,
      );
      expect(failure).to.equal('Unreachable');
    });
  });
}

/** Bytes that no compressor makes smaller. */
function noise(): Buffer {
  let state = 1;
  return Buffer.from(Array.from({ length: LAYER_BYTES }, () => (state = (state * 48_271) % 2_147_483_647) & 255));
}

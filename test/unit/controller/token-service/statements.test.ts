import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { policyOf, readConfig } from '../../../../controller/config/config.ts';
import { TokenMetrics } from '../../../../controller/metrics/token-metrics.ts';
import type { Requester } from '../../../../controller/token-service/identity/identifier.ts';
import { provenanceKeyOf, renewedProvenance } from '../../../../controller/token-service/keys/provenance-key.ts';
import { PodLimits } from '../../../../controller/token-service/pod-limits.ts';
import { serveTokens } from '../../../../controller/token-service/token-server.ts';
import type { BoundedServer } from '../../../../controller/server/bounded-server.ts';
import { TokenService } from '../../../../controller/token-service/token-service.ts';
import type { TokenServiceOptions } from '../../../../controller/token-service/token-service.ts';
import type { Log } from '../../../../shared/log.ts';
import { judge } from '../../../../shared/provenance/statement/judge.ts';
import { openEnvelope } from '../../../../shared/provenance/statement/envelope.ts';
import { readPublicKeys } from '../../../../shared/provenance/statement/keys.ts';
import { REQUESTER } from './requester.ts';

const ITEMS = renewedProvenance({})!;
const KEY = provenanceKeyOf(ITEMS['provenance.key']);
const KEYS = readPublicKeys(ITEMS['provenance.pub']);
const RULES = { policy: policyOf(readConfig({}).config), services: ['tekton-cache-registry'] };
const PASSWORD = 'secret-password-of-a-pod';
const DIGEST = `sha256:${'a'.repeat(64)}`;
const STAMPS = {
  'pipelinesascode.tekton.dev/event-type': 'push',
  'pipelinesascode.tekton.dev/branch': 'main',
  'pipelinesascode.tekton.dev/repo-url': 'https://git.example/app',
  'pipelinesascode.tekton.dev/sha': 'c'.repeat(40),
};
const BUILDER: Requester = {
  ...REQUESTER,
  facts: {
    ...REQUESTER.facts,
    serviceAccount: 'builder',
    annotations: STAMPS,
    labels: { 'tekton.dev/pipeline': 'build' },
  },
};

describe('statements of the token service', () => {
  let tokens: BoundedServer | undefined;
  let lines: object[];
  let metrics: TokenMetrics;
  afterEach(() => {
    tokens?.server.closeAllConnections();
    tokens?.server.close();
  });

  const start = async (options: Partial<TokenServiceOptions> = {}) => {
    [lines, metrics] = [[], new TokenMetrics()];
    const write = (message: string, fields: object = {}) => void lines.push({ message, ...fields });
    const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
    const service = new TokenService({
      rules: () => RULES,
      key: () => undefined,
      statements: { key: () => KEY, version: '1.2.3' },
      identify: (password) =>
        Promise.resolve(password === PASSWORD ? BUILDER : { status: 401, reason: 'bad-login', message: 'not ours' }),
      limits: new PodLimits({ perSecond: 1, burst: 2, now: () => 0 }),
      metrics,
      log,
      now: () => new Date('2026-08-20T10:10:00Z'),
      ...options,
    });
    tokens = serveTokens(0, service);
    await once(tokens.server, 'listening');
    return `http://127.0.0.1:${(tokens.server.address() as AddressInfo).port}/statement`;
  };
  const ask = async (address: string, asked: object, password = PASSWORD) =>
    await fetch(address, {
      method: 'POST',
      headers: { authorization: `Basic ${btoa(`tekton-cache:${password}`)}` },
      body: JSON.stringify({ service: 'tekton-cache-registry', repository: 'team-a/app', digest: DIGEST, ...asked }),
    });
  const statementIn = async (response: Response): Promise<object> => {
    const payload = openEnvelope(new Uint8Array(await response.arrayBuffer()), KEYS);
    if (typeof payload === 'string') throw new Error(payload);
    return JSON.parse(Buffer.from(payload).toString()) as object;
  };

  it('say who writes, by what the platform knows of the run', async () => {
    const response = await ask(await start(), { namespace: 'team-b', trust: 'release', run: 'PipelineRun other' });
    expect(response.status).to.equal(200);
    expect(await statementIn(response)).to.deep.equal({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'team-a/app', digest: { sha256: 'a'.repeat(64) } }],
      predicateType: 'https://slsa.dev/provenance/v1',
      predicate: {
        buildDefinition: {
          buildType: 'https://cache.tekton.dev/entry/v1',
          externalParameters: {
            namespace: 'team-a',
            serviceAccount: 'builder',
            run: 'PipelineRun ci',
            task: 'TaskRun ci-build',
          },
          internalParameters: { trust: 'trusted', place: 'team-a/*', service: 'tekton-cache-registry' },
          resolvedDependencies: [{ uri: 'git+https://git.example/app', digest: { gitCommit: 'c'.repeat(40) } }],
        },
        runDetails: {
          builder: { id: 'https://cache.tekton.dev/token-service/v1', version: { 'tekton-cache': '1.2.3' } },
          metadata: { invocationId: 'uid-run', finishedOn: '2026-08-20T10:10:00.000Z' },
        },
      },
    });
  });

  it('are for what the run may write only', async () => {
    const address = await start({ limits: new PodLimits({ perSecond: 1, burst: 100 }) });
    for (const repository of ['team-b/app', 'team-a/untrusted/app/7/x', 'team-a/release/x', 'team-a/runs/other/x']) {
      const response = await ask(address, { repository });
      expect(response.status, repository).to.equal(403);
      expect(await response.text()).to.contain(`a run that is trusted may not write to ${repository}`);
    }
    const own = await ask(address, { repository: 'team-a/runs/uid-run/x' });
    const envelope = new Uint8Array(await own.arrayBuffer());
    const expected = { keys: KEYS, repository: 'team-a/runs/uid-run/x', digest: DIGEST };
    expect(judge([envelope], expected).believed).to.equal(true);
  });

  it('are bounded and refused as tokens are', async () => {
    const address = await start();
    expect((await fetch(address)).status).to.equal(400);
    for (const asked of [
      { service: '' },
      { repository: 'a/../b' },
      { repository: 1 },
      { digest: 'sha256:a' },
      { digest: 'main' },
    ]) {
      expect((await ask(address, asked)).status, JSON.stringify(asked)).to.equal(400);
    }
    expect((await ask(address, { service: 'other' })).status).to.equal(400);
    expect((await ask(address, {}, 'wrong')).status).to.equal(401);
    const long = await ask(address, { more: 'x'.repeat(70_000) }).then(
      ({ status }) => status,
      () => 413,
    );
    expect(long).to.equal(413);
    const statuses = [];
    for (let count = 0; count < 3; count++) statuses.push((await ask(address, {})).status);
    expect(statuses).to.deep.equal([200, 200, 429]);
  });

  it('are not made without a key, or a policy', async () => {
    expect((await ask(await start({ statements: { key: () => undefined, version: '1' } }), {})).status).to.equal(503);
    tokens?.server.close();
    expect((await ask(await start({ rules: () => undefined }), {})).status).to.equal(503);
  });

  it('leave a line and a count, and never a password', async () => {
    const address = await start();
    await ask(address, {});
    await ask(address, { repository: 'team-b/app' });
    expect(lines).to.deep.equal([
      {
        message: 'statement',
        pod: 'team-a/build-pod',
        run: 'PipelineRun ci',
        serviceAccount: 'builder',
        trust: 'trusted',
        rule: 'token-trust-default: forks, and this is no pull request of a fork',
        service: 'tekton-cache-registry',
        repository: 'team-a/app',
        digest: DIGEST,
        place: 'team-a/*',
      },
      {
        message: 'no statement',
        status: 403,
        reason: 'out-of-scope',
        why: 'a run that is trusted may not write to team-b/app',
        pod: 'team-a/build-pod',
        run: 'PipelineRun ci',
      },
    ]);
    expect(metrics.text()).to.contain('tekton_cache_statement_requests_total{outcome="signed",reason=""} 1');
    expect(metrics.text()).to.contain(
      'tekton_cache_statement_requests_total{outcome="refused",reason="out-of-scope"} 1',
    );
  });
});

describe('the key of statements', () => {
  it('stays as long as it is there, with its public half first', () => {
    expect(renewedProvenance(ITEMS)).to.equal(undefined);
    const { 'provenance.key': key, 'provenance.pub': pub } = ITEMS;
    for (const lost of ['', 'nonsense']) {
      expect(renewedProvenance({ 'provenance.key': key, 'provenance.pub': lost })).to.deep.equal(ITEMS);
    }
    const other = renewedProvenance({})!['provenance.pub'];
    expect(renewedProvenance({ 'provenance.key': key, 'provenance.pub': other + pub })).to.deep.equal({
      'provenance.key': key,
      'provenance.pub': pub + other,
    });
  });

  it('is made anew when it is taken out, and the former ones stay believed, up to eight', () => {
    let items = ITEMS;
    for (let count = 0; count < 10; count++) {
      const next = renewedProvenance({ 'provenance.pub': items['provenance.pub'] })!;
      expect(next['provenance.pub'].endsWith(items['provenance.pub']) || count >= 7).to.equal(true);
      items = next;
    }
    expect(readPublicKeys(items['provenance.pub'])).to.have.length(8);
    expect(readPublicKeys(items['provenance.pub'])[0]?.id).to.equal(provenanceKeyOf(items['provenance.key'])?.id);
  });
});

import { once } from 'node:events';
import type { AddressInfo } from 'node:net';

import { expect } from 'chai';

import { readConfig, policyOf } from '../../../../controller/config/config.ts';
import { ApiError } from '../../../../controller/kube/api/api-error.ts';
import { TokenMetrics } from '../../../../controller/metrics/token-metrics.ts';
import type { Requester } from '../../../../controller/token-service/identity/identifier.ts';
import { NotYet } from '../../../../controller/token-service/identity/outermost-run.ts';
import { signingKeyOf } from '../../../../controller/token-service/keys/access-token.ts';
import { renewedKeys, signingOf } from '../../../../controller/token-service/keys/key-secret.ts';
import { AddressCount } from '../../../../controller/server/address-count.ts';
import { PodLimits } from '../../../../controller/token-service/pod-limits.ts';
import type { Refusal } from '../../../../controller/token-service/protocol/refusal.ts';
import { serveTokens } from '../../../../controller/token-service/token-server.ts';
import type { BoundedServer } from '../../../../controller/server/bounded-server.ts';
import { TokenService } from '../../../../controller/token-service/token-service.ts';
import type { TokenServiceOptions } from '../../../../controller/token-service/token-service.ts';
import type { Log } from '../../../../shared/log.ts';
import { until } from '../../../support/deadline.ts';
import { REQUESTER } from './requester.ts';

const KEY = signingKeyOf(signingOf(renewedKeys({}, new Date())!));
const RULES = { policy: policyOf(readConfig({}).config), services: ['tekton-cache-registry'] };
const SECRET = 'secret-password-of-a-pod';
const SERVICE = 'service=tekton-cache-registry';
interface Claims {
  readonly iss: string;
  readonly aud: string;
  readonly sub: string;
  readonly exp: number;
  readonly iat: number;
  readonly access: readonly object[];
}

interface Body {
  readonly token: string;
  readonly access_token: string;
  readonly issued_at: string;
  readonly errors: readonly { readonly message: string }[];
}

describe('the token service', () => {
  let tokens: BoundedServer | undefined;
  let lines: object[];
  let metrics: TokenMetrics;
  let passwords: string[];
  afterEach(() => {
    tokens?.server.closeAllConnections();
    tokens?.server.close();
  });

  const start = async (options: Partial<TokenServiceOptions> = {}) => {
    [lines, passwords, metrics] = [[], [], new TokenMetrics()];
    const write = (message: string, fields: object = {}) => void lines.push({ message, ...fields });
    const log: Log = { debug: write, info: write, warn: write, error: write, child: () => log };
    const service = new TokenService({
      rules: () => RULES,
      key: () => KEY,
      identify: async (password): Promise<Requester | Refusal> => {
        passwords.push(password);
        return password === SECRET ? REQUESTER : { status: 401, reason: 'bad-login', message: 'not ours' };
      },
      limits: new PodLimits({ perSecond: 1, burst: 100 }),
      metrics,
      log,
      ...options,
    });
    tokens = serveTokens(0, service);
    await once(tokens.server, 'listening');
    return `http://127.0.0.1:${(tokens.server.address() as AddressInfo).port}`;
  };
  const basic = (password: string, user = 'tekton-cache') => ({
    authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
  });
  const ask = async (base: string, query: string, headers: Record<string, string> = basic(SECRET)) =>
    await fetch(`${base}/token?${query}`, { headers });
  const claims = (token: string): Claims => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  const bodyOf = async (response: Response) => (await response.json()) as Body;
  const tell = async (response: Response) => [response.status, (await bodyOf(response)).errors[0]?.message];
  const counted = () =>
    metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith('tekton_cache_token_requests_total{'));

  it('answers a docker client by GET', async () => {
    const base = await start();
    const scopes = 'scope=repository:team-a/x:pull,push&scope=repository:team-b/x:pull%20registry:catalog:*';
    const response = await ask(base, `${SERVICE}&account=me&${scopes}`, basic(SECRET, 'anybody'));
    const body = await bodyOf(response);
    expect(response.status).to.equal(200);
    expect(response.headers.get('cache-control')).to.equal('no-store');
    expect(body).to.include({ expires_in: 300, scope: 'repository:team-a/x:pull,push' });
    expect(body.access_token).to.equal(body.token);
    const { iss, aud, sub, exp, iat, access } = claims(body.token);
    expect({ iss, aud, sub, seconds: exp - iat, access }).to.deep.equal({
      iss: 'tekton-cache',
      aud: 'tekton-cache-registry',
      sub: 'team-a/build-pod',
      seconds: 300,
      access: [{ type: 'repository', name: 'team-a/x', actions: ['pull', 'push'] }],
    });
    expect(Date.parse(body.issued_at)).to.be.greaterThan(0);
  });

  it('gives push tokens that end before the registry collects, and others as ever', async () => {
    const base = await start({ pushesEndAt: () => Date.now() + 100_000 });
    const lifetime = async (actions: string): Promise<number> => {
      const body = await bodyOf(await ask(base, `${SERVICE}&scope=repository:team-a/x:${actions}`));
      const { exp, iat } = claims(body.token);
      expect(body).to.include({ expires_in: exp - iat });
      return exp - iat;
    };
    expect(await lifetime('pull,push'))
      .to.be.at.most(100)
      .and.greaterThan(0);
    expect(await lifetime('pull')).to.equal(300);
  });

  it('lets the housekeeper list, pull and delete everything, and push nothing, under a name that no pod has', async () => {
    const identify = async (): Promise<Requester> => await Promise.resolve({ ...REQUESTER, isHousekeeper: true });
    const base = await start({ identify });
    const scopes = ['repository:team-a/x:pull,delete', 'registry:catalog:*', 'repository:team-a/runs/u/x:pull'];
    const refused = ['repository:team-a/x:push', 'repository:team-a/x:*', 'registry:other:*', 'repository:*:pull'];
    const query = [...scopes, ...refused].map((scope) => `scope=${scope}`).join('&');
    const { token } = await bodyOf(await ask(base, `${SERVICE}&${query}`));
    const { sub, access } = claims(token);
    expect(sub).to.equal('tekton-cache-storage');
    expect(access).to.deep.equal([
      { type: 'repository', name: 'team-a/x', actions: ['pull', 'delete'] },
      { type: 'registry', name: 'catalog', actions: ['*'] },
      { type: 'repository', name: 'team-a/runs/u/x', actions: ['pull'] },
    ]);
  });

  it('answers an OAuth2 client by POST, with a password or a refresh token', async () => {
    const base = await start();
    for (const login of [
      `grant_type=password&username=x&password=${SECRET}`,
      `grant_type=refresh_token&refresh_token=${SECRET}`,
    ]) {
      const body = new URLSearchParams(`${login}&client_id=c&${SERVICE}&scope=repository:team-a/x:pull`);
      const response = await fetch(`${base}/token`, { method: 'POST', body });
      expect(claims((await bodyOf(response)).access_token).access[0]).to.include({ name: 'team-a/x' });
    }
    expect(passwords).to.deep.equal([SECRET, SECRET]);
  });

  it('gives a token that opens nothing to who asks for nothing it may have', async () => {
    const base = await start();
    const { token } = await bodyOf(await ask(base, `${SERVICE}&scope=repository:team-b/x:pull`));
    expect(claims(token).access).to.deep.equal([]);
    expect(counted()).to.deep.equal(['tekton_cache_token_requests_total{outcome="nothing",reason=""} 1']);
  });

  it('says who asked, what was granted and refused and why, and never a token or password', async () => {
    const base = await start();
    const scopes = 'scope=repository:team-a/x:pull,delete&scope=repository:team-b/x:push';
    const { token } = await bodyOf(await ask(base, `${SERVICE}&${scopes}`));
    await ask(base, SERVICE, basic('wrong-password'));
    expect(lines).to.deep.equal([
      {
        message: 'token',
        pod: 'team-a/build-pod',
        run: 'PipelineRun ci',
        serviceAccount: 'default',
        trust: 'trusted',
        rule: 'token-trust-default: forks, and this is no pull request of a fork',
        service: 'tekton-cache-registry',
        granted: ['repository:team-a/x:pull'],
        refused: [
          'repository:team-a/x:delete: only pull and push are granted',
          'repository:team-b/x:push: it is outside of what a run that is trusted may write: team-a/*, team-a/runs/uid-run/*',
        ],
      },
      { message: 'no token', status: 401, reason: 'bad-login', why: 'not ours' },
    ]);
    for (const secret of [token, SECRET, 'wrong-password']) expect(JSON.stringify(lines)).to.not.contain(secret);
    expect(counted()).to.deep.equal([
      'tekton_cache_token_requests_total{outcome="partly",reason=""} 1',
      'tekton_cache_token_requests_total{outcome="refused",reason="bad-login"} 1',
    ]);
    expect(metrics.text()).to.contain('tekton_cache_token_duration_seconds_count 2');
  });

  it('refuses what is not of the protocol, with a sentence', async () => {
    const base = await start();
    const post = async (form: string) =>
      await tell(await fetch(`${base}/token`, { method: 'POST', body: new URLSearchParams(form) }));
    expect((await ask(base, '')).status).to.equal(400);
    expect(await tell(await ask(base, 'service=other'))).to.deep.equal([
      400,
      'no registry "other": `token-services` names those that may ask',
    ]);
    const response = await ask(base, SERVICE, {});
    expect(response.headers.get('www-authenticate')).to.match(/^Basic /);
    expect((await tell(response))[0]).to.equal(401);
    for (const authorization of ['Bearer x', 'Basic !', basic('').authorization, `Basic ${btoa('no-colon')}`]) {
      expect((await ask(base, SERVICE, { authorization })).status, authorization).to.equal(401);
    }
    expect((await post(`grant_type=authorization_code&${SERVICE}`))[0]).to.equal(400);
    expect((await post(`grant_type=password&${SERVICE}`))[0]).to.equal(401);
    expect((await fetch(`${base}/token`, { method: 'DELETE' })).status).to.equal(400);
    expect((await fetch(`${base}/v2/`)).status).to.equal(404);
    expect(passwords).to.deep.equal([]);
  });

  it('says where the run has its entries, by the same login, and gives no token for it', async () => {
    const base = await start();
    const scope = async (headers: Record<string, string>, method = 'GET') =>
      await fetch(`${base}/scope`, { headers, method });
    const response = await scope(basic(SECRET));
    expect(response.headers.get('cache-control')).to.equal('no-store');
    const places = { trust: 'trusted', namespace: 'team-a', reads: ['team-a'], writes: 'team-a' };
    expect(await response.json()).to.deep.equal(places);
    const rule = 'token-trust-default: forks, and this is no pull request of a fork';
    const who = { pod: 'team-a/build-pod', run: 'PipelineRun ci', serviceAccount: 'default' };
    expect(lines).to.deep.equal([{ message: 'scope', ...who, rule, ...places }]);
    expect(metrics.text()).to.contain('tekton_cache_scope_requests_total{outcome="told",reason=""} 1');
    expect((await scope(basic('wrong-password'))).status).to.equal(401);
    expect((await scope({})).status).to.equal(401);
    expect((await scope(basic(SECRET), 'POST')).status).to.equal(400);
  });

  it('refuses a scope as it refuses a token: to who asks too often, and without a policy', async () => {
    const limited = await start({ limits: new PodLimits({ perSecond: 0.01, burst: 1 }) });
    const scope = async (base: string) => await fetch(`${base}/scope`, { headers: basic(SECRET) });
    expect((await ask(limited, SERVICE)).status).to.equal(200);
    const late = await scope(limited);
    expect([late.status, Number(late.headers.get('retry-after')) > 1]).to.deep.equal([429, true]);
    tokens?.server.close();
    expect((await scope(await start({ rules: () => undefined }))).status).to.equal(503);
  });

  it('reads no more than it has to', async () => {
    const base = await start();
    const scopes = Array.from({ length: 101 }, (_, index) => `scope=repository:a/${index}:pull`).join('&');
    expect((await ask(base, `${SERVICE}&${scopes}`)).status).to.equal(413);
    const long = `grant_type=password&password=${'x'.repeat(70_000)}`;
    const answered = await fetch(`${base}/token`, { method: 'POST', body: long }).then(
      ({ status }) => status,
      () => 413,
    );
    expect(answered).to.equal(413);
    expect(passwords).to.deep.equal([]);
  });

  it('says when a pod that asks too often may ask again', async () => {
    const base = await start({ limits: new PodLimits({ perSecond: 0.1, burst: 2, now: () => 0 }) });
    const statuses = [];
    for (let count = 0; count < 4; count++) statuses.push((await ask(base, SERVICE)).status);
    expect(statuses).to.deep.equal([200, 200, 429, 429]);
    expect((await ask(base, SERVICE)).headers.get('retry-after')).to.equal('10');
  });

  it('has no token without an answer of the API server, a key, or a policy', async () => {
    const noAnswer = new ApiError({ request: 'POST /x', status: 0, reason: '', detail: 'detail for us alone' });
    for (const [options, message] of [
      [{ identify: () => Promise.reject(noAnswer) }, 'the API server does not say whose token it is'],
      [{ identify: () => Promise.reject(new NotYet('TaskRun x does not name it')) }, 'TaskRun x does not name it'],
      [{ identify: () => Promise.reject(new Error('a bug')) }, 'nobody can say whose token it is'],
      [{ key: () => undefined }, 'the service has no key yet'],
      [{ rules: () => undefined }, 'the policy is not known, or cannot be read'],
    ] as const) {
      const base = await start(options);
      const response = await ask(base, SERVICE);
      expect(response.headers.get('retry-after')).to.equal('1');
      expect(await tell(response)).to.deep.equal([503, message]);
      tokens?.server.closeAllConnections();
      tokens?.server.close();
    }
  });

  it('does not hold more questions of one address than a quarter of what it can', async () => {
    const gate = Promise.withResolvers<Requester>();
    let held = 0;
    const identify = async () => {
      held++;
      return await gate.promise;
    };
    const base = await start({ identify });
    const waiting = Array.from({ length: 50 }, async () => (await ask(base, SERVICE)).status);
    await until('all to be held', 10_000, () => Promise.resolve(held === 50), 5);
    expect((await ask(base, SERVICE)).status).to.equal(503);
    gate.resolve(REQUESTER);
    expect(new Set(await Promise.all(waiting))).to.deep.equal(new Set([200]));
    expect((await ask(base, SERVICE)).status, 'a place is free again').to.equal(200);
  });
});

describe('what there is at once', () => {
  it('is bounded in all and for each address, and counts what has ended no more', () => {
    const count = new AddressCount(3, 2);
    const leave = count.enter('a');
    expect([count.enter('a'), count.enter('a')].map((entered) => entered !== undefined)).to.deep.equal([true, false]);
    expect([count.enter('b'), count.enter('b')].map((entered) => entered !== undefined)).to.deep.equal([true, false]);
    leave?.();
    expect(count.enter('b') !== undefined).to.equal(true);
  });
});

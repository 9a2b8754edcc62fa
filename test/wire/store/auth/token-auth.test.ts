import { join } from 'node:path';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { makeCertificates } from '../../../support/registry/certificates.ts';
import { authFor, writeDockerConfig } from '../../../support/registry/docker-config.ts';
import { FaultProxy } from '../../../support/registry/fault-proxy.ts';
import { startRegistry } from '../../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { TokenServer } from '../../../support/registry/token-server.ts';
import { MANIFESTS, OPTIONS, PASSED, refusal, status, UPLOADS } from '../fault-bench.ts';
import { CONFIG, describeStore, imageOf, OCI_MANIFEST, OCTETS, writeAll } from '../store-contract.ts';
import { Witness } from '../witness.ts';

const USER = 'builder';
const PASSWORD = 'correct horse battery';
const WRONG = 'incorrect donkey';
const IDENTITY = 'refresh-7f3a';

describe('a registry with a token server', () => {
  const witness = new Witness();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let tokens: TokenServer;
  let registry: RunningRegistry;
  let proxy: FaultProxy;
  let open: Store[] = [];
  let good: string;

  const configFor = (name: string, value: object): Promise<string> =>
    writeDockerConfig(join(directory.path, name), { auths: { [registry.host]: value, [proxy.host]: value } });
  const store = (name: string, dockerConfig: string | undefined, host = registry.host): Store => {
    const dockerConfigs = dockerConfig === undefined ? [] : [dockerConfig];
    const opened = openStore(`${host}/${name}`, { ...OPTIONS, dockerConfigs, warn: witness.warn }).store;
    open.push(opened);
    return opened;
  };

  before(async () => {
    witness.keeps(PASSWORD, WRONG, IDENTITY, authFor(USER, PASSWORD).auth, authFor(USER, WRONG).auth);
    directory = await temporaryDirectory();
    const certificates = await makeCertificates(directory.path);
    tokens = await TokenServer.start({ certificates, users: { [USER]: PASSWORD }, identityTokens: [IDENTITY] });
    registry = await startRegistry({ auth: tokens.registryAuth });
    proxy = await FaultProxy.start(registry.host);
    good = await configFor('good', authFor(USER, PASSWORD));
    const prepared = store('public/app', good);
    await prepared.putBlob(sha256(CONFIG), CONFIG);
    await prepared.putManifest('v1', OCI_MANIFEST, imageOf([]));
  });
  after(async () => {
    tokens.stop();
    proxy.stop();
    await registry.stop();
    await directory.remove();
    witness.keeps(...tokens.issued);
    witness.testify();
  });
  beforeEach(() => {
    tokens.calls.length = 0;
    tokens.expiresIn = 300;
    proxy.received.length = 0;
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    open = [];
  });

  describeStore('RegistryStore', { place: () => `${registry.host}/`, options: () => ({ dockerConfigs: [good] }) });

  it('pulls anonymously what everyone may pull', async () => {
    expect((await store('public/app', undefined).getManifest('v1'))?.bytes).to.deep.equal(imageOf([]));
    expect(tokens.calls).to.deep.equal([
      { method: 'GET', authorization: undefined, scopes: ['repository:public/app:pull'] },
    ]);
  });

  it('has nothing for everybody in the rest, and takes nothing: where it found no credentials is said', async () => {
    const warnings: string[] = [];
    const warn = (text: string) => void warnings.push(text);
    const rest = openStore(`${registry.host}/private/app`, { ...OPTIONS, warn }).store;
    open.push(rest);
    expect(await rest.getManifest('v1')).to.equal(undefined);
    expect(warnings.join()).to.match(/private\/app.* no credentials for it were found/);
    const error = await witness.errorOf(rest.putManifest('v1', OCI_MANIFEST, imageOf([])));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    expect(error.message).to.match(/no credentials for it were found/);
  });

  it('says that the token server refuses the credentials', async () => {
    const error = await witness.errorOf(
      store('public/app', await configFor('bad', authFor(USER, WRONG))).getManifest('v1'),
    );
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    // The server of the tests repeats them in its answer, which is another host's and is not shown.
    expect(error.message).to.match(
      /its token server 127\.0\.0\.1:\d+ refuses the credentials from .*bad.*answered 401$/,
    );
  });

  it('trades an identity token', async () => {
    const identified = store('team/app', await configFor('identity', { identitytoken: IDENTITY }));
    expect(await identified.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
    expect(tokens.calls[0]).to.deep.include({ method: 'POST', authorization: undefined });
  });

  it('gives a registry token to the registry, and asks nobody', async () => {
    const { value } = { value: tokens.issued.at(-1) ?? '' };
    expect(
      await store('team/app', await configFor('bearer', { registrytoken: value })).hasBlob(sha256(CONFIG)),
    ).to.equal(true);
    expect(tokens.calls).to.deep.equal([]);
  });

  it('gets one token for requests that run at the same time', async () => {
    const pulled = store('public/app', good);
    await Promise.all(Array.from({ length: 20 }, () => pulled.hasBlob(sha256(CONFIG))));
    expect(tokens.calls).to.have.length(1);
  });

  it('asks for no more than it needs: pull to read, pull and push to write, pull of the other to mount', async () => {
    const [ours, theirs] = [store('mine/app', good), store('public/app', good)];
    await ours.headManifest('v1');
    await ours.putBlob(sha256(CONFIG), CONFIG);
    await ours.mountBlob(sha256(Buffer.from('x')), theirs);
    expect(tokens.calls.map(({ scopes }) => scopes)).to.deep.equal([
      ['repository:mine/app:pull'],
      ['repository:mine/app:pull,push'],
      ['repository:mine/app:pull,push', 'repository:public/app:pull'],
    ]);
  });

  it('renews a token that has run out before the registry says so', async () => {
    tokens.expiresIn = 0.05;
    const pulled = store('public/app', good, proxy.host);
    await pulled.hasBlob(sha256(CONFIG));
    await new Promise((resolve) => setTimeout(resolve, 60));
    proxy.received.length = 0;
    expect(await pulled.hasBlob(sha256(CONFIG))).to.equal(true);
    expect(tokens.calls).to.have.length(2);
    expect(proxy.received).to.have.length(1);
  });

  for (const [what, first] of [
    ['one request', undefined],
    ['chunks', status(411)],
  ] as const) {
    it(`renews a token in the middle of an upload in ${what}, without reading anything again`, async () => {
      const name = `team/${what.replace(' ', '-')}`;
      const challenge = `Bearer realm="${tokens.realm}",service="registry of the tests",scope="repository:${name}:pull,push"`;
      const expired = status(401, { 'www-authenticate': `${challenge},error="invalid_token"` });
      const pushed = store(name, good, proxy.host);
      const bytes = Buffer.alloc(30_000_000, 'content of a large blob');
      if (first !== undefined) proxy.on('PATCH', UPLOADS, first).on('PATCH', UPLOADS, PASSED);
      proxy.on('PATCH', UPLOADS, expired).on('PUT', UPLOADS, expired);
      let runs = 0;
      const { digest } = await pushed.writeBlob(OCTETS, async (write) => {
        runs++;
        for (let at = 0; at < bytes.length; at += 1_000_000) await write(bytes.subarray(at, at + 1_000_000));
      });
      expect(digest).to.equal(sha256(bytes));
      // A refusal of streams is the one reason for another run here.
      expect(runs).to.equal(first === undefined ? 1 : 2);
      // One to begin with, one a refusal.
      expect(tokens.calls).to.have.length(3);
    });
  }

  it('gives up when a fresh token is refused, too', async () => {
    const challenge = `Bearer realm="${tokens.realm}",service="registry of the tests"`;
    const refused = store('team/app', good, proxy.host);
    proxy.on('HEAD', MANIFESTS, status(401, { 'www-authenticate': challenge }), 2);
    const error = await witness.errorOf(refused.headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    expect(error.message).to.match(/refuses the credentials from .*good/);
    expect(proxy.count('HEAD', MANIFESTS)).to.equal(2);
  });

  for (const [what, challenge, sentence] of [
    [
      'sends credentials to no token server on plain HTTP',
      'Bearer realm="http://auth.example.com/token"',
      /credentials go over https only/,
    ],
    ['knows a challenge without a token server', 'Bearer service="x"', /names no token server/],
    [
      'says which schemes it does not know',
      'Negotiate, Digest realm="x"',
      /offers negotiate, digest, where Basic and Bearer/,
    ],
    ['says so when nothing is offered', '', /offers nothing/],
  ] as const) {
    it(what, async () => {
      proxy.on('HEAD', MANIFESTS, status(401, challenge === '' ? {} : { 'www-authenticate': challenge }));
      const error = await witness.errorOf(store('team/app', good, proxy.host).headManifest('v1'));
      expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
      expect(error.message).to.match(sentence);
    });
  }

  it('tries a token server again that has a bad moment, and calls one that is gone unreachable', async () => {
    const flaky = await FaultProxy.start(new URL(tokens.realm).host);
    const challenge = status(401, {
      'www-authenticate': `Bearer realm="http://${flaky.host}/token",service="registry of the tests"`,
    });
    flaky.on('GET', /token/, refusal(503, 'UNAVAILABLE'), 2);
    proxy.on('HEAD', MANIFESTS, challenge);
    expect(await store('public/app', good, proxy.host).headManifest('v1')).to.have.property('digest');
    flaky.stop();
    proxy.on('HEAD', MANIFESTS, challenge);
    const error = await witness.errorOf(store('public/app', good, proxy.host).headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unreachable);
    expect(error.message).to.match(/its token server .* does not answer/);
  });

  it('tells of a refused push', async () => {
    const error = await witness.errorOf(writeAll(store('public/app', undefined), Buffer.alloc(10)));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
  });
});

import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import https from 'node:https';
import type { RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import type { RegistryToken } from '../../../../shared/interface/places/registry-token.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { StoreOptions } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { makeCertificates } from '../../../support/registry/certificates.ts';
import type { Certificates } from '../../../support/registry/certificates.ts';
import { authFor, writeDockerConfig } from '../../../support/registry/docker-config.ts';
import { FaultProxy } from '../../../support/registry/fault-proxy.ts';
import { startRegistry } from '../../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { TokenServer } from '../../../support/registry/token-server.ts';
import { MANIFESTS, OPTIONS, status } from '../fault-bench.ts';
import { CONFIG, errorOf, imageOf, OCI_MANIFEST } from '../store-contract.ts';
import { Witness } from '../witness.ts';

const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Of the form that the API server gives them. */
const accountToken = (audience: unknown, id: string): string =>
  `${encode({ alg: 'RS256' })}.${encode({ aud: audience, sub: 'system:serviceaccount:team:default', jti: id })}.c2ln`;

const FIRST = accountToken(['tekton-cache'], 'first');
const SECOND = accountToken('tekton-cache', 'second');
const API = accountToken(['https://kubernetes.default.svc.cluster.local'], 'api');
const BOTH = accountToken(['tekton-cache', 'https://kubernetes.default.svc.cluster.local'], 'both');

/** A server on https that notes what it is told. */
class Listener {
  readonly heard: (string | undefined)[] = [];
  readonly #server: https.Server;

  private constructor(server: https.Server) {
    this.#server = server;
    server.prependListener('request', ({ headers }) => this.heard.push(headers.authorization));
  }

  static async start(certificates: Certificates, answer: RequestListener): Promise<Listener> {
    const [cert, key] = await Promise.all([readFile(certificates.certificate), readFile(certificates.key)]);
    const listener = new Listener(https.createServer({ cert, key }, answer));
    listener.#server.listen(0, '127.0.0.1');
    await once(listener.#server, 'listening');
    return listener;
  }

  get origin(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

describe('the registry of the installation', () => {
  const witness = new Witness();
  const users: Record<string, string> = {};
  const listeners: Listener[] = [];
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let certificates: Certificates;
  let ca: string;
  let tokens: TokenServer;
  let registry: RunningRegistry;
  let proxy: FaultProxy;
  let tokenFile: string;
  let open: Store[] = [];

  const settings = (change: Partial<RegistryToken> = {}): RegistryToken => ({
    registry: proxy.host,
    realm: tokens.realm,
    tokenFile,
    ca,
    ...change,
  });
  const store = (name: string, options: StoreOptions = {}, host = proxy.host): Store => {
    const opened = openStore(`${host}/${name}`, {
      ...OPTIONS,
      registryToken: settings(),
      warn: witness.warn,
      ...options,
    }).store;
    open.push(opened);
    return opened;
  };
  const listener = async (answer: RequestListener): Promise<Listener> => {
    const started = await Listener.start(certificates, answer);
    listeners.push(started);
    return started;
  };
  const challenge = (realm: string): Record<string, string> => ({
    'www-authenticate': `Bearer realm="${realm}",service="registry of the tests"`,
  });
  /** What the token server of the installation was told. */
  const told = (): (string | undefined)[] => tokens.calls.map(({ authorization }) => authorization);
  const basic = (token: string): string => `Basic ${Buffer.from(`tekton-cache:${token}`).toString('base64')}`;

  before(async () => {
    witness.keeps(...[FIRST, SECOND, API, BOTH].flatMap((token) => [token, basic(token).slice(6)]));
    directory = await temporaryDirectory();
    certificates = await makeCertificates(directory.path);
    ca = await readFile(certificates.authority, 'utf8');
    tokens = await TokenServer.start({ certificates, users, tls: true });
    registry = await startRegistry({ auth: tokens.registryAuth });
  });
  after(async () => {
    tokens.stop();
    await registry.stop();
    await directory.remove();
    witness.keeps(...tokens.issued);
    witness.testify();
  });
  beforeEach(async () => {
    proxy = await FaultProxy.start(registry.host);
    users['tekton-cache'] = FIRST;
    tokenFile = join(directory.path, 'token');
    await writeFile(tokenFile, `${FIRST}\n`);
    tokens.calls.length = 0;
    tokens.expiresIn = 300;
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    open = [];
    listeners.splice(0).forEach((each) => each.stop());
    proxy.stop();
  });

  it('is quoted by what its token server did not grant, and why, on one line; no other is', async () => {
    const why = `repository:team/app:push: quota: the namespace team holds as much as it may\n${'x'.repeat(1000)}`;
    Object.assign(tokens, { refused: [why], withheld: ['push'], withheldFor: ['quota', 'a word of later'] });
    try {
      const error = await errorOf(store('team/app').putBlob(sha256(CONFIG), CONFIG));
      expect(error).to.include({ code: 'Refused' });
      expect(String(error)).to.match(
        /its token server does not grant .*quota: the namespace team holds as much as it may x+\.\.\.$/,
      );
      expect(String(error).length).to.be.lessThan(600);
      // The word counts, whatever the sentence says.
      Object.assign(tokens, { withheldFor: ['collection'] });
      expect(await errorOf(store('team/app').putBlob(sha256(CONFIG), CONFIG))).to.include({ code: 'Unauthorized' });
      Object.assign(tokens, { withheldFor: ['quota'] });
      const login = await writeDockerConfig(join(directory.path, 'another-login'), {
        auths: { [proxy.host]: authFor('tekton-cache', FIRST) },
      });
      const other = store('team/app', { registryToken: undefined, dockerConfigs: [login], insecure: true });
      expect(String(await errorOf(other.putBlob(sha256(CONFIG), CONFIG)))).to.not.contain('quota');
    } finally {
      Object.assign(tokens, { refused: [], withheld: [], withheldFor: [] });
    }
  });

  it('is written and read with the token of the service account, and no secret', async () => {
    const app = store('team/app');
    await app.putBlob(sha256(CONFIG), CONFIG);
    await app.putManifest('v1', OCI_MANIFEST, imageOf([]));
    expect((await store('team/app').getManifest('v1'))?.bytes).to.deep.equal(imageOf([]));
    expect(new Set(told())).to.deep.equal(new Set([basic(FIRST)]));
  });

  it('is asked with the token that the file holds now', async () => {
    tokens.expiresIn = 0.01;
    const app = store('team/app');
    expect(await app.headManifest('none')).to.equal(undefined);
    users['tekton-cache'] = SECOND;
    await writeFile(tokenFile, SECOND);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await app.headManifest('none')).to.equal(undefined);
    expect(told()).to.deep.equal([basic(FIRST), basic(SECOND)]);
  });

  it('goes before the docker configurations, which are for the others', async () => {
    users['builder'] = 'builds everything';
    const auth = authFor('builder', 'builds everything');
    const config = await writeDockerConfig(join(directory.path, 'docker'), {
      auths: { [proxy.host]: authFor('builder', 'wrong'), [registry.host]: auth },
    });
    expect(await store('team/app', { dockerConfigs: [config] }).headManifest('none')).to.equal(undefined);
    // Its token server is the same, which this one is not told to believe.
    const other = store('team/app', { dockerConfigs: [config], caFile: certificates.authority }, registry.host);
    expect(await other.headManifest('none')).to.equal(undefined);
    expect(told()).to.deep.equal([basic(FIRST), `Basic ${auth.auth}`]);
  });

  it('takes the docker configurations where the pod has no token', async () => {
    users['builder'] = 'builds everything';
    const auth = authFor('builder', 'builds everything');
    const config = await writeDockerConfig(join(directory.path, 'fallback'), { auths: { [proxy.host]: auth } });
    const registryToken = settings({ tokenFile: join(directory.path, 'nowhere') });
    expect(await store('team/app', { dockerConfigs: [config], registryToken }).headManifest('none')).to.equal(
      undefined,
    );
    expect(told()).to.deep.equal([`Basic ${auth.auth}`]);
  });

  it('says that its token server refuses the token', async () => {
    users['tekton-cache'] = SECOND;
    const error = await witness.errorOf(store('team/app').headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    expect(error.message).to.match(/its token server .* refuses the credentials from .*token: .*401/);
  });

  it('says that its token server gives no token when that cannot tell whose pod asks, and asks again before', async () => {
    const slow = await listener((_, response) => response.writeHead(503).end());
    const realm = `${slow.origin}/token`;
    proxy.on('HEAD', MANIFESTS, status(401, challenge(realm)));
    const error = await witness.errorOf(store('team/app', { registryToken: settings({ realm }) }).headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    expect(error.message).to.match(/its token server .* gives no token at the moment: it answered 503/);
    expect(slow.heard).to.have.length(OPTIONS.retry.attempts);
  });

  it('is unreachable when its token server is', async () => {
    const gone = await listener((_, response) => response.destroy());
    const realm = `${gone.origin}/token`;
    proxy.on('HEAD', MANIFESTS, status(401, challenge(realm)));
    const error = await witness.errorOf(store('team/app', { registryToken: settings({ realm }) }).headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unreachable);
  });

  describe('sends the token to nobody else:', () => {
    it('not for another registry that names its token server', async () => {
      const { host } = registry;
      for (const options of [{}, { caFile: certificates.authority }, { insecure: true }]) {
        proxy.on('HEAD', MANIFESTS, status(401, challenge(tokens.realm)));
        const registryToken = settings({ registry: host });
        // Refused, or not there for everybody: it is all the same to the token.
        await errorOf(store('team/app', { ...options, registryToken }).headManifest('v1'));
        expect(told().filter((one) => one !== undefined)).to.deep.equal([]);
      }
    });

    const others: readonly (readonly [string, (realm: URL, elsewhere: string) => string])[] = [
      ['another host', (_, elsewhere) => `${elsewhere}/token`],
      ['another path', ({ origin }) => `${origin}/token/more`],
      ['another port', ({ pathname }, elsewhere) => `${elsewhere}${pathname}`],
      ['plain HTTP', ({ host, pathname }) => `http://${host}${pathname}`],
      ['a query', ({ href }) => `${href}?to=elsewhere`],
      ['a user', ({ host, pathname }) => `https://somebody@${host}${pathname}`],
      [
        'its name before another',
        ({ host }, elsewhere) => `https://${host.replace(':', '.')}@${elsewhere.slice(8)}/token`,
      ],
    ];
    for (const [what, realmOf] of others) {
      it(`not to a realm with ${what}`, async () => {
        const elsewhere = await listener((_, response) => response.end('{"token":"t"}'));
        const realm = realmOf(new URL(tokens.realm), elsewhere.origin);
        proxy.on('HEAD', MANIFESTS, status(401, challenge(realm)), 2);
        const error = await witness.errorOf(store('team/app').headManifest('v1'));
        expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
        expect(error.message).to.match(/is for https:.*\/token alone|over https only/);
        expect([...elsewhere.heard, ...told()].filter((one) => one !== undefined)).to.deep.equal([]);
      });
    }

    it('not where the token server redirects', async () => {
      const elsewhere = await listener((_, response) => response.end('{"token":"t"}'));
      for (const code of [301, 302, 303, 307, 308]) {
        const redirecting = await listener((_, response) =>
          response.writeHead(code, { location: `${elsewhere.origin}/token` }).end(),
        );
        const realm = `${redirecting.origin}/token`;
        proxy.on('HEAD', MANIFESTS, status(401, challenge(realm)));
        const error = await witness.errorOf(
          store('team/app', { registryToken: settings({ realm }) }).headManifest('v1'),
        );
        expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
        expect(redirecting.heard).to.deep.equal([basic(FIRST)]);
      }
      expect(elsewhere.heard).to.deep.equal([]);
    });

    it('not where the registry redirects, whatever is asked there', async () => {
      const elsewhere = await listener((_, response) => response.writeHead(401, challenge(tokens.realm)).end());
      proxy.on('HEAD', MANIFESTS, status(307, { location: `${elsewhere.origin}/v2/` }));
      await witness.errorOf(store('team/app').headManifest('v1'));
      expect([...elsewhere.heard, ...told()].filter((one) => one !== undefined)).to.deep.equal([]);
    });

    it('not to the registry itself that asks for a password', async () => {
      proxy.on('HEAD', MANIFESTS, status(401, { 'www-authenticate': 'Basic realm="registry"' }));
      const error = await witness.errorOf(store('team/app').headManifest('v1'));
      expect(error.message).to.match(/it wants basic, where the token of the service account is for https/);
      expect(proxy.received.map(({ headers }) => headers['authorization'])).to.not.include(basic(FIRST));
    });

    it('not to who has the name of the token server and no certificate of its authority, insecure or not', async () => {
      const own = await makeCertificates(await mkdir(join(directory.path, 'own'), { recursive: true }).then(String));
      const otherCa = await readFile(own.authority, 'utf8');
      for (const insecure of [false, true]) {
        const error = await witness.errorOf(
          store('team/app', { insecure, registryToken: settings({ ca: otherCa }) }).headManifest('v1'),
        );
        expect(error).to.have.property('code', ERROR_CODES.Unreachable);
      }
      expect(told()).to.deep.equal([]);
    });

    it('nor does another host profit from the authority', async () => {
      const elsewhere = await listener((_, response) => response.end());
      proxy.on('HEAD', MANIFESTS, status(307, { location: `${elsewhere.origin}/v2/` }));
      const error = await witness.errorOf(store('team/app').headManifest('v1'));
      expect(error).to.have.property('code', ERROR_CODES.Unreachable);
      expect(elsewhere.heard).to.deep.equal([]);
    });
  });

  const files: readonly (readonly [string, (file: string) => Promise<unknown>, RegExp])[] = [
    ['is not there', (file) => writeFile(`${file}-2`, ''), /is not there/],
    ['is empty', (file) => writeFile(file, ' \n'), /is empty/],
    ['is huge', (file) => writeFile(file, FIRST.padEnd(50_000_000, ' ')), /more than 8192 bytes/],
    ['is a directory', (file) => mkdir(file), /is not a file/],
    ['is a pipe', (file) => Promise.resolve(execFileSync('mkfifo', [file])), /is not a file/],
    ['holds something else', (file) => writeFile(file, 'password'), /holds no token of a service account/],
    ['holds two lines', (file) => writeFile(file, `${FIRST}\nx: y`), /holds no token of a service account/],
    ['holds the token of the API server', (file) => writeFile(file, API), /not for the audience tekton-cache alone/],
    ['holds one that the API server takes, too', (file) => writeFile(file, BOTH), /not for the audience/],
  ];
  for (const [index, [what, make, sentence]] of files.entries()) {
    it(`is unauthorized with a sentence where the file ${what}`, async () => {
      const file = join(directory.path, `file-${index}`);
      await make(file);
      const app = store('team/app', { registryToken: settings({ tokenFile: file }) });
      for (const work of [() => app.getManifest('v1'), () => app.putManifest('v1', OCI_MANIFEST, imageOf([]))]) {
        const error = await witness.errorOf(work());
        expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
        expect(error.message)
          .to.match(sentence)
          .and.match(/no credentials for it were found/);
      }
      expect(told()).to.deep.equal([]);
    });
  }
});

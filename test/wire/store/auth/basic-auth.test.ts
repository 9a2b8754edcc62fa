import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { authFor, writeDockerConfig } from '../../../support/registry/docker-config.ts';
import { FaultProxy } from '../../../support/registry/fault-proxy.ts';
import { ObjectServer } from '../../../support/registry/object-server.ts';
import { HTPASSWD, PASSWORD, USER } from '../../../support/registry/password-file.ts';
import { startRegistry } from '../../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { BLOBS, OPTIONS, status, UPLOADS } from '../fault-bench.ts';
import { CONFIG, describeStore, descriptorOf, imageOf, OCI_MANIFEST, readAll, writeAll } from '../store-contract.ts';
import { Witness } from '../witness.ts';

const WRONG = 'incorrect donkey';

describe('a registry with passwords', () => {
  const witness = new Witness();
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let registry: RunningRegistry;
  let good: string;
  let bad: string;
  let open: Store[] = [];

  const store = (target: string, ...dockerConfigs: readonly string[]): Store => {
    const opened = openStore(target, { ...OPTIONS, dockerConfigs, warn: witness.warn }).store;
    open.push(opened);
    return opened;
  };
  const at = (name: string): string => join(directory.path, name);

  before(async () => {
    witness.keeps(PASSWORD, WRONG, authFor(USER, PASSWORD).auth, authFor(USER, WRONG).auth);
    directory = await temporaryDirectory();
    await writeFile(at('htpasswd'), HTPASSWD);
    registry = await startRegistry({ auth: { htpasswd: { realm: 'tests', path: at('htpasswd') } } });
    good = await writeDockerConfig(at('good'), { auths: { [registry.host]: authFor(USER, PASSWORD) } });
    bad = await writeDockerConfig(at('bad'), { auths: { [registry.host]: authFor(USER, WRONG) } });
  });
  after(async () => {
    await registry.stop();
    await directory.remove();
    witness.testify();
  });
  afterEach(async () => {
    for (const each of open) await each.close();
    open = [];
  });

  describeStore('RegistryStore', { place: () => `${registry.host}/`, options: () => ({ dockerConfigs: [good] }) });

  it('refuses a wrong password, and says whose it was', async () => {
    const error = await witness.errorOf(store(`${registry.host}/app`, bad).headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    expect(error.message).to.match(/refuses the credentials from .*bad\/config\.json/);
  });

  it('says where it found no credentials', async () => {
    const error = await witness.errorOf(
      store(`${registry.host}/app`, at('nowhere')).hasBlob(descriptorOf(Buffer.from('x')).digest),
    );
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
    expect(error.message).to.match(/no credentials for it were found in .*nowhere/);
  });

  it('lets the more specific path win over the earlier directory', async () => {
    const specific = await writeDockerConfig(at('specific'), {
      auths: { [`${registry.host}/team`]: authFor(USER, PASSWORD) },
    });
    expect(await store(`${registry.host}/team/app`, bad, specific).headManifest('v1')).to.equal(undefined);
    const error = await witness.errorOf(store(`${registry.host}/teammate/app`, bad, specific).headManifest('v1'));
    expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
  });

  it('gives nothing to a registry whose name only contains the one that is known', async () => {
    const name = registry.host.replace('127.0.0.1', '127.0.0.10');
    const other = await writeDockerConfig(at('other'), {
      auths: { [name]: authFor(USER, PASSWORD), [`x${registry.host}`]: authFor(USER, PASSWORD) },
    });
    const error = await witness.errorOf(store(`${registry.host}/app`, other).headManifest('v1'));
    expect(error.message).to.match(/no credentials/);
  });

  for (const file of ['.dockerconfigjson', '.dockercfg']) {
    it(`reads ${file}, as Kubernetes names it`, async () => {
      const auths = { [registry.host]: authFor(USER, PASSWORD) };
      const mounted = await writeDockerConfig(at(`mounted${file}`), file === '.dockercfg' ? auths : { auths }, file);
      expect(await store(`${registry.host}/app`, mounted).headManifest('v1')).to.equal(undefined);
    });
  }

  it('goes on without a file that it cannot read, and says so', async () => {
    const broken = await writeDockerConfig(at('broken'), {});
    await writeFile(join(broken, 'config.json'), `{"auths": {"x": {"auth": "${authFor(USER, PASSWORD).auth}"`);
    expect(await store(`${registry.host}/app`, broken, good).headManifest('v1')).to.equal(undefined);
    expect(witness.warnings.at(-1)).to.match(/broken\/config\.json is not a docker configuration/);
  });

  it('asks credential helpers', async () => {
    const bin = at('bin');
    await writeDockerConfig(bin, {});
    const helper = async (name: string, script: string): Promise<void> => {
      await writeFile(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
      await chmod(join(bin, `docker-credential-${name}`), 0o755);
    };
    await helper(
      'fits',
      `[ "$1" = get ] && [ "$(cat)" = "${registry.host}" ] && printf '{"Username":"${USER}","Secret":"${PASSWORD}"}'`,
    );
    await helper('empty', 'echo "credentials not found in native keychain"; exit 1');
    await helper('crashes', `echo "${PASSWORD}"; echo "${PASSWORD}" >&2; exit 3`);
    const path = process.env['PATH'];
    process.env['PATH'] = `${bin}:${path}`;
    try {
      const withHelper = (name: string): Promise<string> =>
        writeDockerConfig(at(`helper-${name}`), { credHelpers: { [registry.host]: name } });
      const withStore = await writeDockerConfig(at('store'), { credsStore: 'fits', auths: { [registry.host]: {} } });
      expect(await store(`${registry.host}/app`, await withHelper('fits')).headManifest('v1')).to.equal(undefined);
      expect(await store(`${registry.host}/app`, withStore).headManifest('v1')).to.equal(undefined);
      expect(await store(`${registry.host}/app`, await withHelper('empty'), good).headManifest('v1')).to.equal(
        undefined,
      );
      for (const [name, sentence] of [
        ['crashes', /docker-credential-crashes ended with 3/],
        ['missing', /docker-credential-missing is not installed/],
        ['../bin/docker-credential-fits', /holds more than/],
      ] as const) {
        const error = await witness.errorOf(store(`${registry.host}/app`, await withHelper(name)).headManifest('v1'));
        expect(error).to.have.property('code', ERROR_CODES.Unauthorized);
        expect(witness.warnings.at(-1)).to.match(sentence);
      }
    } finally {
      process.env['PATH'] = path;
    }
  });

  describe('that sends its clients elsewhere', () => {
    const blob = Buffer.alloc(3_000_000, 'content');
    let proxy: FaultProxy;
    let objects: ObjectServer;
    let behind: Store;

    beforeEach(async () => {
      proxy = await FaultProxy.start(registry.host);
      objects = await ObjectServer.start(blob);
      const config = { auths: { [proxy.host]: authFor(USER, PASSWORD) } };
      behind = store(`${proxy.host}/app`, await writeDockerConfig(at(`proxy-${proxy.host}`), config));
    });
    afterEach(() => {
      proxy.stop();
      objects.stop();
    });

    const address = (): string => `${objects.origin}/bucket/object?signature=abc%2Fdef%3D&x=1`;

    it('follows to an object store, without its credentials', async () => {
      proxy.on('GET', BLOBS, status(307, { location: address() }));
      await behind.headManifest('v1');
      expect((await readAll(behind, descriptorOf(blob))).equals(blob)).to.equal(true);
      expect(proxy.received.at(-1)?.headers.authorization).to.match(/^Basic /);
      const [{ url, headers }] = objects.received as [ObjectServer['received'][0]];
      expect(url).to.equal('/bucket/object?signature=abc%2Fdef%3D&x=1');
      expect(headers.authorization).to.equal(undefined);
    });

    it('follows with a range', async () => {
      proxy.on('GET', BLOBS, status(302, { location: address() }));
      const part = await readAll(behind, descriptorOf(blob), { offset: 1000, length: 2000 });
      expect(part.equals(blob.subarray(1000, 3000))).to.equal(true);
    });

    it('asks the registry again when the address has run out', async () => {
      objects.refusals = 1;
      proxy.on('GET', BLOBS, status(307, { location: address() }), 2);
      expect((await readAll(behind, descriptorOf(blob))).equals(blob)).to.equal(true);
      expect(objects.received).to.have.length(2);
    });

    for (const code of [401, 403]) {
      it(`asks by GET, or sends, where the address is signed for GET alone, as a HEAD there tells by ${code}`, async () => {
        objects.headStatus = code;
        await behind.putBlob(sha256(CONFIG), CONFIG);
        await behind.putManifest('v1', OCI_MANIFEST, imageOf([]));
        proxy.on('HEAD', /./, status(307, { location: address() }), 100);
        expect(await behind.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
        expect(await behind.headManifest('v1')).to.have.property('digest', sha256(imageOf([])));
        // Each of them once: another try would meet the same signature.
        expect(objects.received.map(({ method }) => method)).to.deep.equal(['HEAD', 'HEAD']);
      });
    }

    for (const code of [400, 403]) {
      it(`shows no part of a password that the registry quotes with ${code} where the message is cut`, async () => {
        await behind.headManifest('v1');
        for (let before = 300 - PASSWORD.length; before < 300; before++) {
          proxy.on('GET', /manifests/, { kind: 'answer', status: code, body: `${'~'.repeat(before)}${PASSWORD}` }, 1);
          const { message } = await witness.errorOf(behind.getManifest(`sha256:${'0'.repeat(64)}`));
          expect(message).to.match(/~(?:\*{3}\)|\*{0,3}\.\.\.)/);
        }
      });
    }

    it('does not answer a challenge of another origin', async () => {
      const stranger = await FaultProxy.start(registry.host);
      try {
        proxy.on('GET', BLOBS, status(307, { location: `http://${stranger.host}/v2/app/blobs/x` }), 10);
        stranger.on('GET', /./, status(401, { 'www-authenticate': 'Basic realm="give me"' }), 10);
        const error = await witness.errorOf(readAll(behind, descriptorOf(blob)));
        expect(error).to.have.property('code', ERROR_CODES.Unreachable);
        expect(stranger.received.map(({ headers }) => headers.authorization)).to.deep.equal([
          undefined,
          undefined,
          undefined,
          undefined,
        ]);
      } finally {
        stranger.stop();
      }
    });

    it('uploads to another origin without its credentials', async () => {
      proxy.on('POST', UPLOADS, status(202, { location: `${objects.origin}/upload?key=1` }));
      await writeAll(behind, Buffer.alloc(10_000_000, 'x'));
      expect(objects.received.map(({ method }) => method)).to.deep.equal(['PATCH', 'PUT']);
      for (const { headers } of objects.received) expect(headers.authorization).to.equal(undefined);
      expect(objects.received.at(-1)?.url).to.match(/^\/upload\?key=1&digest=sha256%3A/);
    });
  });
});

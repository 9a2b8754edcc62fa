import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';

import { expect } from 'chai';

import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { StoreOptions } from '../../../../shared/store/open-store.ts';
import { newTransfer } from '../../../../shared/store/transfer.ts';
import { makeCertificates } from '../../../support/registry/certificates.ts';
import type { Certificates } from '../../../support/registry/certificates.ts';
import { startRegistry } from '../../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { TunnelProxy } from '../../../support/registry/tunnel-proxy.ts';
import { MIB, OPTIONS } from '../fault-bench.ts';
import { CONFIG, describeStore, errorOf, readAll, writeAll } from '../store-contract.ts';

/** The same server under a name that is not loopback's. */
const elsewhere = (host: string): string => host.replace('127.0.0.1', '0.0.0.0');

/** A way to a server on which one byte comes out as another one, behind so many others. */
function damagedWay(to: string, behind: number): Server {
  let left = behind;
  return createTcpServer((client) => {
    const server = connect(Number(to.split(':')[1]), '127.0.0.1');
    for (const socket of [client, server]) socket.on('error', () => undefined);
    client.pipe(server);
    server.on('close', () => client.destroy());
    server.on('data', (chunk: Buffer) => {
      if (left >= 0 && left < chunk.length) chunk.writeUInt8(chunk.readUInt8(left) ^ 1, left);
      left -= chunk.length;
      client.write(chunk);
    });
  });
}

describe('a registry with TLS by a private authority', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let certificates: Certificates;
  let secure: RunningRegistry;
  let plain: RunningRegistry;

  before(async () => {
    directory = await temporaryDirectory();
    certificates = await makeCertificates(directory.path);
    secure = await startRegistry({ tls: certificates });
    plain = await startRegistry();
  });
  after(async () => {
    await secure.stop();
    await plain.stop();
    await directory.remove();
  });

  /** How a lookup there ends. */
  const lookUp = async (host: string, options: StoreOptions): Promise<unknown> => {
    const { store } = openStore(`${host}/app`, { ...OPTIONS, ...options });
    try {
      return (await store.headManifest('v1')) ?? 'reached';
    } catch (error) {
      return error;
    } finally {
      await store.close();
    }
  };

  describeStore('RegistryStore', {
    place: () => `${elsewhere(secure.host)}/`,
    options: () => ({ caFile: certificates.authority }),
  });

  const refused = async (host: string, sentence: RegExp, options: StoreOptions = {}): Promise<void> => {
    const error = await lookUp(host, options);
    expect(error).to.be.instanceOf(CacheError).with.property('code', ERROR_CODES.Unreachable);
    expect((error as Error).message).to.match(sentence);
  };

  it('is reached with its authority, on loopback and elsewhere', async () => {
    for (const host of [secure.host, elsewhere(secure.host), secure.host.replace('127.0.0.1', 'localhost')]) {
      expect(await lookUp(host, { caFile: certificates.authority }), host).to.equal('reached');
    }
  });

  it('is followed with TLS where it calls itself plain, as behind a proxy that ends TLS', async () => {
    const paths: string[] = [];
    const [key, cert] = await Promise.all([readFile(certificates.key), readFile(certificates.certificate)]);
    const server = createServer({ key, cert }, ({ url = '' }, response) => {
      paths.push(url);
      const isThere = url.startsWith('/store/');
      response.writeHead(isThere ? 200 : 307, isThere ? {} : { location: `http://0.0.0.0/store/blob?x=1` });
      response.end(isThere ? CONFIG : '');
    }).listen(0, '0.0.0.0');
    await once(server, 'listening');
    const host = `0.0.0.0:${(server.address() as AddressInfo).port}`;
    const { store } = openStore(`${host}/app`, { ...OPTIONS, caFile: certificates.authority });
    const descriptor = { mediaType: 'x', digest: sha256(CONFIG), size: CONFIG.length };
    expect((await readAll(store, descriptor)).equals(CONFIG)).to.equal(true);
    expect(paths).to.deep.equal([`/v2/app/blobs/${descriptor.digest}`, '/store/blob?x=1']);
    await store.close();
    server.close();
  });

  it('is read on where something was damaged on its way', async () => {
    const blob = randomBytes(4 * MIB);
    const direct = openStore(`${elsewhere(secure.host)}/damaged`, { ...OPTIONS, caFile: certificates.authority });
    const descriptor = await writeAll(direct.store, blob);
    await direct.store.close();
    const way = damagedWay(secure.host, MIB).listen(0, '0.0.0.0');
    await once(way, 'listening');
    const transfer = newTransfer();
    const options = { ...OPTIONS, caFile: certificates.authority, transfer };
    const { store } = openStore(`0.0.0.0:${(way.address() as AddressInfo).port}/damaged`, options);
    try {
      expect((await readAll(store, descriptor)).equals(blob)).to.equal(true);
      expect(transfer.requests, 'as one was cut').to.equal(2);
    } finally {
      await store.close();
      way.close();
    }
  });

  it('is not tried again where it wants a certificate of its clients, which it says behind the handshake', async () => {
    const [key, cert] = await Promise.all([readFile(certificates.key), readFile(certificates.certificate)]);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
      const server = createServer({ key, cert, maxVersion, requestCert: true, rejectUnauthorized: true });
      let tries = 0;
      server.on('connection', () => tries++).listen(0, '0.0.0.0');
      await once(server, 'listening');
      const host = `0.0.0.0:${(server.address() as AddressInfo).port}`;
      await refused(host, /alert (handshake failure|certificate required)/, { caFile: certificates.authority });
      expect(tries, maxVersion).to.equal(1);
      server.close();
    }
  });

  it('is refused without', async () => {
    await refused(elsewhere(secure.host), /certificate.*add its authority, or allow the registry as insecure/);
    await refused(secure.host, /certificate/);
  });

  it('is refused under a name that its certificate does not have', async () => {
    const misnamed = await temporaryDirectory();
    const other = await makeCertificates(misnamed.path, 'DNS:registry.example.com');
    const registry = await startRegistry({ tls: other });
    try {
      await refused(registry.host, /does not match certificate's altnames/, { caFile: other.authority });
    } finally {
      await registry.stop();
      await misnamed.remove();
    }
  });

  it('is reached without its authority when it is insecure, by option or by configuration', async () => {
    const host = elsewhere(secure.host);
    expect(await lookUp(host, { insecure: true })).to.equal('reached');
    expect(await lookUp(host, { insecureRegistries: [host] })).to.equal('reached');
    await refused(host, /certificate/, { insecureRegistries: [`${host}0`, 'registry.example.com'] });
  });

  it('falls back to plain HTTP only for an insecure registry', async () => {
    expect(await lookUp(elsewhere(plain.host), { insecure: true })).to.equal('reached');
    await refused(elsewhere(plain.host), /SSL|wrong version|packet length/i);
  });

  describe('behind a proxy', () => {
    let proxy: TunnelProxy;
    before(async () => {
      proxy = await TunnelProxy.start('user:100% open sesame');
    });
    after(() => {
      proxy.stop();
      expect(new Set(proxy.asked)).to.deep.equal(new Set([elsewhere(secure.host)]));
    });
    const environment = (password: string): Record<string, string> => ({
      HTTPS_PROXY: `http://user:${password}@${proxy.host}`,
    });

    describeStore('RegistryStore', {
      place: () => `${elsewhere(secure.host)}/proxied/`,
      options: () => ({ caFile: certificates.authority, environment: environment('100%%20open%20sesame') }),
    });

    it('takes a password with a % that begins no escape', async () => {
      const options = { caFile: certificates.authority, environment: environment('100% open sesame') };
      expect(await lookUp(elsewhere(secure.host), options)).to.equal('reached');
    });

    it('says that it refuses, and keeps the password', async () => {
      const options = { caFile: certificates.authority, environment: environment('wrong-sesame') };
      const error = await lookUp(elsewhere(secure.host), options);
      expect(error).to.be.instanceOf(CacheError).with.property('code', ERROR_CODES.Unreachable);
      expect(String(error)).to.match(/the proxy 127.0.0.1:\d+ answered 407/);
      expect(String(error)).to.not.include('sesame');
    });
  });

  it('says which file of authorities cannot be read', async () => {
    const error = await errorOf(
      openStore(`${elsewhere(secure.host)}/app`, { ...OPTIONS, caFile: '/nowhere.pem' }).store.headManifest('v1'),
    );
    expect(error).to.be.instanceOf(CacheError).with.property('code', ERROR_CODES.InvalidParams);
    expect((error as Error).message).to.match(/nowhere\.pem/);
  });
});

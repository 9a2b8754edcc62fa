import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import { runWithOwnDns } from '../../../support/process/own-dns.ts';
import { BLOBS, FaultBench, MANIFESTS, MIB, OPTIONS, STALLS_ONCE, status, UPLOADS } from '../fault-bench.ts';
import { CONFIG, errorOf, imageOf, OCI_MANIFEST, OCTETS, readAll, writeAll } from '../store-contract.ts';

/** RFC 1035: there is no such name; the name server failed. */
const NXDOMAIN = 3;
const SERVFAIL = 2;

describe('reaching a registry', () => {
  const bench = new FaultBench().install();

  const failure = async (target: string, options = {}): Promise<Error> => {
    const { store: other } = openStore(target, { ...OPTIONS, ...options });
    const error = await errorOf(other.headManifest('v1'));
    await other.close();
    expect(error).to.be.instanceOf(CacheError).with.property('code', ERROR_CODES.Unreachable);
    return error as Error;
  };

  it('says that nobody listens', async () => {
    const { host } = bench.proxy;
    bench.proxy.stop();
    expect((await failure(`${host}/app`)).message).to.match(/ECONNREFUSED.*; check that the registry runs/);
  });

  const askOwnDns = async (rcode: number): Promise<{ readonly message: string; readonly questions: number }> =>
    JSON.parse(
      await runWithOwnDns(process.execPath, join(import.meta.dirname, 'ask-own-dns.ts'), 'registry.test', `${rcode}`),
    );

  it('says that the name is unknown, without retries', async () => {
    const { message, questions } = await askOwnDns(NXDOMAIN);
    expect(message).to.match(/ENOTFOUND.*; check the name of the registry/);
    expect(questions).to.equal(1);
  });

  it('asks again where the name server is out of order', async () => {
    const { message, questions } = await askOwnDns(SERVFAIL);
    expect(message).to.match(/EAI_AGAIN/);
    expect(questions).to.be.greaterThan(2);
  });

  describe('where plain HTTP or TLS may be right', () => {
    const asked = async (reference: string): Promise<unknown> => {
      const { store } = openStore(`${bench.proxy.host}/kept`, OPTIONS);
      bench.proxy.received.length = 0;
      const outcome = await store.headManifest(reference).catch((error: unknown) => error);
      await store.close();
      return outcome;
    };
    const requests = (): string[] => bench.proxy.received.map(({ method, url }) => `${method} ${url}`);

    it('finds that out with the first manifest that is asked for', async () => {
      expect(await asked('none')).to.equal(undefined);
      expect(requests()).to.deep.equal(['HEAD /v2/kept/manifests/none']);
    });

    it('does not take a registry that refuses this manifest for one that wants TLS', async () => {
      bench.proxy.on('HEAD', MANIFESTS, status(400), 2);
      expect(await asked('none'))
        .to.be.instanceOf(CacheError)
        .with.property('code', ERROR_CODES.Refused);
      expect(requests()).to.deep.equal(['HEAD /v2/kept/manifests/none', 'GET /v2/', 'HEAD /v2/kept/manifests/none']);
    });
  });

  it('gives up a registry that takes connections and never says a word, in the time for the first answer of all', async () => {
    bench.proxy.on('HEAD', MANIFESTS, { kind: 'silence' }, 9).received.length = 0;
    const timeouts = { ...OPTIONS.timeouts, stallMs: 60_000 };
    const options = { timeouts, contactMs: 500, contacts: new Map() };
    // The second repository of the same registry is not waited for again.
    for (const repository of ['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight']) {
      const { message } = await failure(`${bench.proxy.host}/${repository}`, options);
      expect(message).to.match(/gave no answer in 500 ms; check that the registry can be reached/);
    }
    expect(bench.proxy.received).to.have.lengthOf(1);
  });

  it('gives up a token server that never says a word in the same time', async () => {
    let asked = 0;
    const silent = createServer(() => asked++).listen(0, '127.0.0.1');
    const registry = createHttpServer((_, answer) => {
      const realm = `http://127.0.0.1:${(silent.address() as AddressInfo).port}/token`;
      answer.writeHead(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }).end();
    }).listen(0, '127.0.0.1');
    await Promise.all([once(silent, 'listening'), once(registry, 'listening')]);
    const host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
    try {
      const timeouts = { ...OPTIONS.timeouts, stallMs: 60_000 };
      const options = { timeouts, contactMs: 500, contacts: new Map() };
      const { message } = await failure(`${host}/one`, options);
      expect(message).to.match(/its token server 127.0.0.1:\d+ does not answer: it gave no answer in 500 ms/);
      // As above.
      for (const repository of ['two', 'three', 'four', 'five']) await failure(`${host}/${repository}`, options);
      expect(asked).to.equal(1);
    } finally {
      silent.close();
      registry.close();
    }
  });

  it('waits longer for one that has answered before', async () => {
    // Its silence lasts longer than a first contact may.
    const options = { ...OPTIONS, timeouts: STALLS_ONCE, contactMs: STALLS_ONCE.stallMs / 2 };
    const { store } = openStore(`${bench.proxy.host}/kept`, options);
    await store.headManifest('v1');
    bench.proxy.on('HEAD', MANIFESTS, { kind: 'silence' });
    expect((await store.headManifest('v1'))?.digest).to.equal(sha256(imageOf([])));
    await store.close();
  });

  it('gives up a connection that does not come about in time', async () => {
    // It takes the connection, and never says a word of TLS.
    const silent = createServer().listen(0, '0.0.0.0');
    await once(silent, 'listening');
    const host = `0.0.0.0:${(silent.address() as AddressInfo).port}`;
    try {
      const timeouts = { ...OPTIONS.timeouts, connectMs: 100 };
      expect((await failure(`${host}/app`, { timeouts })).message).to.include(`no connection to ${host} in 100 ms`);
    } finally {
      silent.close();
    }
  });

  it('uses a new connection where the registry closed the kept one', async () => {
    await bench.store.headManifest('v1');
    await bench.store.headManifest('v1');
    expect(new Set(bench.proxy.ports).size).to.equal(1);
    bench.proxy.closeIdle();
    expect((await bench.store.headManifest('v1'))?.digest).to.equal(sha256(imageOf([])));
  });

  it('uses a connection once where the registry ends each under its second request', async () => {
    bench.proxy.answersOnce = true;
    const store = bench.open();
    await store.putBlob(sha256(CONFIG), CONFIG);
    const blob = await writeAll(store, bench.blob);
    await store.putManifest('v1', OCI_MANIFEST, imageOf([blob]));
    expect((await readAll(store, blob)).equals(bench.blob)).to.equal(true);
  });
});

describe('a signal', () => {
  const bench = new FaultBench().install();

  const rows: readonly (readonly [string, () => AbortSignal, ErrorCode])[] = [
    ['cancels', () => AbortSignal.abort(), ERROR_CODES.Cancelled],
    ['is a deadline', () => AbortSignal.timeout(50), ERROR_CODES.Deadline],
    [
      'has its own reason',
      () => AbortSignal.abort(new CacheError(ERROR_CODES.Deadline, 'max-time')),
      ERROR_CODES.Deadline,
    ],
  ];
  for (const [what, signal, code] of rows) {
    it(`${what}: in the middle of silence, of a wait, of a body`, async () => {
      bench.proxy.on('GET', BLOBS, { kind: 'silence' });
      expect(
        await errorOf(bench.store.readBlob(bench.descriptor, () => undefined, undefined, signal())),
      ).to.have.property('code', code);
      bench.proxy.on('GET', BLOBS, status(503, { 'retry-after': '3' }));
      expect(
        await errorOf(bench.store.readBlob(bench.descriptor, () => undefined, undefined, signal())),
      ).to.have.property('code', code);
      bench.proxy.on('GET', BLOBS, { kind: 'silence-in-answer', after: MIB });
      expect(
        await errorOf(bench.store.readBlob(bench.descriptor, () => undefined, undefined, signal())),
      ).to.have.property('code', code);
      bench.proxy.on('PATCH', UPLOADS, { kind: 'silence' });
      const upload = bench.open().writeBlob(OCTETS, (write) => write(bench.blob), signal());
      expect(await errorOf(upload)).to.have.property('code', code);
    });
  }
});

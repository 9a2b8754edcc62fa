import { once } from 'node:events';
import * as fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import { expect } from 'chai';

import { ERROR_CODES } from '../../../../shared/errors.ts';
import { uploadEntry } from '../../../../shared/entry/upload/upload-entry.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { temporaryDirectory } from '../../../support/registry/temporary-directory.ts';
import { change, FaultBench, MANIFESTS, OPTIONS, status, UPLOADS } from '../fault-bench.ts';
import { CONFIG, errorOf, failureOf, imageOf, OCI_MANIFEST } from '../store-contract.ts';

const PAGE = Buffer.from('<!doctype html><title>Sign in</title>');

/** Answers 200 and a page to whatever it is asked, as a proxy does that wants people to sign in. */
describe('a server that answers 200 to everything', () => {
  let server: http.Server;
  let store: Store;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;

  before(async () => {
    server = http.createServer((request, response) => {
      request.resume();
      response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-length': PAGE.length });
      response.end(request.method === 'HEAD' ? undefined : PAGE);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => {
    server.close();
    server.closeAllConnections();
  });
  beforeEach(async () => {
    directory = await temporaryDirectory();
    store = openStore(`127.0.0.1:${(server.address() as AddressInfo).port}/team/cache:v1`, OPTIONS).store;
  });
  afterEach(async () => {
    await store.close();
    await directory.remove();
  });

  it('has no blob', async () => {
    expect(await store.hasBlob(sha256(CONFIG))).to.equal(false);
  });

  it('has no manifest, by tag or digest: it is no registry', async () => {
    for (const reference of ['v1', sha256(CONFIG)]) {
      for (const ask of ['headManifest', 'getManifest'] as const) {
        const error = await errorOf(store[ask](reference));
        expect(error).to.have.property('code', ERROR_CODES.Unreachable);
        expect(error).to.have.property('message').that.contains('check that this is a registry');
      }
    }
  });

  it('takes no blob and no manifest', async () => {
    expect(await failureOf(store.putBlob(sha256(CONFIG), CONFIG))).to.equal(ERROR_CODES.Unreachable);
    expect(await failureOf(store.putManifest('v1', OCI_MANIFEST, imageOf([])))).to.equal(ERROR_CODES.Unreachable);
  });

  it('ends an upload as unreachable', async () => {
    const dir = join(directory.path, 'workspace');
    fs.mkdirSync(dir);
    fs.writeFileSync(join(dir, 'file'), 'content');
    for (const force of [false, true]) {
      const request = { dir, store, reference: 'v1', paths: [], exclude: [], aliases: [], force };
      expect(await failureOf(uploadEntry(request))).to.equal(ERROR_CODES.Unreachable);
    }
  });
});

describe('an answer counts for what it says', () => {
  const bench = new FaultBench().install();

  const put = (store: Store): Promise<unknown> => store.putManifest('v1', OCI_MANIFEST, imageOf([]));
  const withHeaders = (set: (headers: http.IncomingHttpHeaders) => http.IncomingHttpHeaders) =>
    change(({ headers }) => ({ headers: set(headers) }));
  const withoutDigest = withHeaders((headers) => {
    const { 'docker-content-digest': _, ...others } = headers;
    return others;
  });
  const withDigest = (digest: string) => withHeaders((headers) => ({ ...headers, 'docker-content-digest': digest }));

  it('a manifest that was put and is not there was not put', async () => {
    const store = bench.open();
    await store.putBlob(sha256(CONFIG), CONFIG);
    bench.proxy.on('PUT', MANIFESTS, status(201)).on('GET', MANIFESTS, status(404), 100);
    const error = await errorOf(put(store));
    expect(error).to.have.property('code', ERROR_CODES.Unreachable);
    expect(error)
      .to.have.property('message')
      .that.matches(/took the manifest sha256:\w+ and does not have it/);
  });

  it('a manifest that takes a moment is waited for', async () => {
    const store = bench.open();
    await store.putBlob(sha256(CONFIG), CONFIG);
    bench.proxy.on('GET', MANIFESTS, status(404), 2);
    expect(await put(store)).to.have.property('digest', sha256(imageOf([])));
  });

  it('a manifest is read back once, however many tags it gets', async () => {
    const store = bench.open();
    await store.putBlob(sha256(CONFIG), CONFIG);
    for (const tag of ['v1', 'v2', 'v3']) await store.putManifest(tag, OCI_MANIFEST, imageOf([]));
    expect(bench.proxy.count('GET', MANIFESTS)).to.equal(1);
  });

  it('a blob is there where its digest, its length or its type says so', async () => {
    const { store, descriptor } = bench;
    const blobs = /\/blobs\/sha256:/;
    bench.proxy.on('HEAD', blobs, withoutDigest);
    expect(await store.hasBlob(descriptor.digest)).to.equal(true);
    bench.proxy.on('HEAD', blobs, withDigest(sha256(CONFIG)));
    expect(await store.hasBlob(descriptor.digest)).to.equal(false);
    bench.proxy.on('HEAD', blobs, status(200, { 'content-type': 'text/html' }));
    expect(await store.hasBlob(descriptor.digest)).to.equal(false);
  });

  it('a blob that the registry stored as another one is none', async () => {
    const store = bench.open();
    bench.proxy.on('PUT', UPLOADS, withDigest(sha256(CONFIG)), 100);
    const bytes = Buffer.from('bytes');
    expect(await failureOf(store.putBlob(sha256(bytes), bytes))).to.equal(ERROR_CODES.DigestMismatch);
  });

  it('a mount is one where the blob is there afterwards', async () => {
    const store = bench.open();
    const mounts = /\?mount=/;
    bench.proxy.on('POST', mounts, status(201));
    expect(await store.mountBlob(bench.descriptor.digest, bench.store)).to.equal(false);
    expect(await store.mountBlob(bench.descriptor.digest, bench.store)).to.equal(true);
  });
});

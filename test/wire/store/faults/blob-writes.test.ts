import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import { BlobsUnknownError } from '../../../../shared/store/blobs-unknown-error.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { until } from '../../../support/deadline.ts';
import { BLOBS, change, FaultBench, flipped, MIB, PASSED, refusal, status, UPLOADS } from '../fault-bench.ts';
import { CONFIG, errorOf, imageOf, OCI_MANIFEST, OCTETS, readAll, writeAll } from '../store-contract.ts';
import { inChunks } from './chunked-store.ts';

const bytes = randomBytes(20 * MIB + 99);

describe('writing a blob', () => {
  const bench = new FaultBench().install();

  it('knows a source that gives other bytes the second time', async () => {
    for (const other of [flipped(bytes), bytes.subarray(1), Buffer.concat([bytes, CONFIG])]) {
      const target = bench.open();
      bench.proxy.on('PATCH', UPLOADS, refusal(405, 'UNSUPPORTED'));
      let runs = 0;
      const error = await errorOf(
        target.writeBlob(OCTETS, async (write) => {
          const given = runs++ === 0 ? bytes : other;
          for (let at = 0; at < given.length; at += MIB) await write(given.subarray(at, at + MIB));
        }),
      );
      expect(error).to.have.property('code', ERROR_CODES.Unreadable);
      expect(await target.hasBlob(sha256(bytes))).to.equal(false);
      await target.close();
    }
  });

  it('sends a blob as it comes, in one request of unknown length', async () => {
    const target = bench.open();
    await writeAll(target, bytes, MIB);
    expect(bench.proxy.received.slice(-3).map(({ method }) => method)).to.deep.equal(['POST', 'PATCH', 'PUT']);
    const [patch, ...others] = bench.proxy.received.filter(({ method }) => method === 'PATCH');
    expect(patch?.headers).to.include({ 'transfer-encoding': 'chunked' });
    expect(others).to.deep.equal([]);
    expect(bench.transfer.bytesSent).to.equal(bytes.length);
    await target.close();
  });

  it('remembers a registry that takes no stream', async () => {
    const target = await inChunks(bench);
    await writeAll(target, bytes, MIB);
    const patches = bench.proxy.received.filter(({ method }) => method === 'PATCH');
    expect(patches.map(({ headers }) => headers['content-range'])).to.deep.equal([
      `0-${8 * MIB - 1}`,
      `${8 * MIB}-${16 * MIB - 1}`,
      `${16 * MIB}-${bytes.length - 1}`,
    ]);
    await target.close();
  });

  it('sends chunks of the size that the registry wants', async () => {
    const target = await inChunks(bench);
    bench.proxy.on(
      'POST',
      UPLOADS,
      change(({ headers }) => ({ headers: { ...headers, 'oci-chunk-min-length': `${9 * MIB}` } })),
    );
    await writeAll(target, bytes, MIB);
    const lengths = bench.proxy.received
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => Number(headers['content-length']));
    expect(lengths.slice(0, -1).every((length) => length >= 9 * MIB)).to.equal(true);
    expect(lengths.reduce((sum, length) => sum + length)).to.equal(bytes.length);
    await target.close();
  });

  it('sends chunks of its own size where the registry wants more than memory has, or what is no size', async () => {
    const target = await inChunks(bench);
    for (const minimum of [`${2 ** 40}`, '-1', '1e999', 'many']) {
      bench.proxy.on(
        'POST',
        UPLOADS,
        change(({ headers }) => ({ headers: { ...headers, 'oci-chunk-min-length': minimum } })),
      );
      const before = bench.proxy.received.length;
      const blob = randomBytes(12 * MIB);
      await writeAll(target, blob, MIB);
      const lengths = bench.proxy.received
        .slice(before)
        .filter(({ method }) => method === 'PATCH')
        .map(({ headers }) => Number(headers['content-length']) / MIB);
      expect(lengths, minimum).to.deep.equal([8, 4]);
    }
    await target.close();
  });

  it('sends a long blob in larger chunks', async () => {
    const target = await inChunks(bench);
    await target.writeBlob(OCTETS, async (write) => {
      for (let count = 0; count < 100; count++) await write(bytes.subarray(0, MIB));
    });
    const lengths = bench.proxy.received
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => Number(headers['content-length']) / MIB);
    expect(lengths).to.deep.equal([...Array.from({ length: 8 }, () => 8), 16, 16, 4]);
  });

  it('sends a long blob in smaller chunks where a larger one is too long', async () => {
    const target = await inChunks(bench);
    bench.proxy.on('PATCH', UPLOADS, PASSED, 8).on('PATCH', UPLOADS, refusal(413, 'SIZE_INVALID'));
    const { size } = await target.writeBlob(OCTETS, async (write) => {
      for (let count = 0; count < 100; count++) await write(bytes.subarray(0, MIB));
    });
    const lengths = bench.proxy.received
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => Number(headers['content-length']) / MIB);
    expect(lengths).to.deep.equal([
      ...Array.from({ length: 8 }, () => 8),
      16,
      ...Array.from({ length: 4 }, () => 8),
      4,
    ]);
    expect(size).to.equal(100 * MIB);
  });

  it('sends a blob of some MiB that is at hand in chunks where it is too long for one request', async () => {
    const target = bench.open();
    bench.proxy.on('PUT', UPLOADS, refusal(413, 'SIZE_INVALID'));
    const blob = bytes.subarray(0, 12 * MIB);
    expect(await target.putBlob(sha256(blob), blob)).to.equal(true);
    const lengths = bench.proxy.received
      .filter(({ method }) => method === 'PATCH')
      .map(({ headers }) => Number(headers['content-length']) / MIB);
    expect(lengths).to.deep.equal([8, 4]);
    expect(await target.hasBlob(sha256(blob))).to.equal(true);
  });

  for (const [code, name] of [
    [413, 'SIZE_INVALID'],
    [415, 'UNSUPPORTED'],
  ] as const) {
    it(`says what the registry says to a blob in one request, ${code}, where it takes no chunks either`, async () => {
      const target = bench.open();
      bench.proxy.on('PUT', UPLOADS, refusal(code, name)).on('PATCH', UPLOADS, refusal(405, 'UNSUPPORTED', 'none'));
      const blob = bytes.subarray(0, 12 * MIB);
      const error = await errorOf(target.putBlob(sha256(blob), blob));
      expect(error).to.have.property('code', ERROR_CODES.Refused);
      expect(error)
        .to.have.property('message')
        .that.matches(new RegExp(`${code}.*says the test`));
    });
  }

  it('asks before it sends, and sends a small blob in one request', async () => {
    const target = bench.open();
    await target.writeBlob(OCTETS, (write) => write(CONFIG));
    expect(bench.proxy.received.slice(-3).map(({ method }) => method)).to.deep.equal(['HEAD', 'POST', 'PUT']);
    const before = bench.transfer.bytesSent;
    await target.writeBlob(OCTETS, (write) => write(CONFIG));
    expect(bench.transfer.bytesSent).to.equal(before);
    await target.close();
  });

  for (const code of [405, 501]) {
    it(`sends blobs to a registry that answers ${code} when it is asked for one`, async () => {
      const target = bench.open();
      bench.proxy.on('HEAD', BLOBS, status(code), 100);
      const small = await target.writeBlob(OCTETS, (write) => write(CONFIG));
      const large = await writeAll(target, bench.blob);
      expect((await readAll(target, small)).equals(CONFIG)).to.equal(true);
      expect((await readAll(target, large)).equals(bench.blob)).to.equal(true);
    });
  }

  it('is done with all that a small blob came in before it is sent', async () => {
    const target = bench.open();
    const chunks = [randomBytes(MIB), randomBytes(2 * MIB), randomBytes(MIB)];
    let done = 0;
    let doneBefore: number | undefined;
    const happens = (): Promise<void> => Promise.resolve(void (doneBefore = done));
    bench.proxy.on('PUT', UPLOADS, { kind: 'meanwhile', happens });
    const descriptor = await target.writeBlob(OCTETS, async (write) => {
      for (const chunk of chunks) await write(chunk, () => done++);
    });
    expect(doneBefore).to.equal(chunks.length);
    expect((await readAll(target, descriptor)).equals(Buffer.concat(chunks))).to.equal(true);
    await target.close();
  });

  it('has the small blob although the answer was lost', async () => {
    const target = bench.open();
    bench.proxy.on('PUT', UPLOADS, { kind: 'lose-answer' });
    expect(await target.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
    expect(bench.proxy.count('PUT', UPLOADS)).to.equal(1);
    await target.close();
  });

  for (const [status, code] of [
    [404, 'BLOB_UPLOAD_UNKNOWN'],
    [400, 'DIGEST_INVALID'],
  ] as const) {
    it(`sends a small blob again after ${status} ${code}, some times`, async () => {
      const target = bench.open();
      bench.proxy.on('PUT', UPLOADS, refusal(status, code));
      expect(await target.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
      expect(await target.hasBlob(sha256(CONFIG))).to.equal(true);
      expect(bench.proxy.count('POST', UPLOADS)).to.equal(2);

      const other = bench.open();
      bench.proxy.on('PUT', UPLOADS, refusal(status, code), 100);
      const error = await errorOf(other.putBlob(sha256(CONFIG), CONFIG));
      const expected = status === 404 ? ERROR_CODES.NotFound : ERROR_CODES.DigestMismatch;
      expect(error).to.be.instanceOf(CacheError).with.property('code', expected);
      expect(bench.proxy.count('POST', UPLOADS)).to.equal(2 + 4);
    });

    it(`sends a large blob again after ${status} ${code} where a registry takes only whole ones`, async () => {
      const target = bench.open();
      bench.proxy.on('PATCH', UPLOADS, refusal(405, 'UNSUPPORTED'), 100).on('PUT', UPLOADS, refusal(status, code));
      expect((await writeAll(target, bytes, MIB)).digest).to.equal(sha256(bytes));
      expect(await target.hasBlob(sha256(bytes))).to.equal(true);
    });

    it(`sends a small blob again after ${status} ${code} where a registry takes only chunks`, async () => {
      const target = bench.open();
      bench.proxy.on('PUT', UPLOADS, refusal(405, 'UNSUPPORTED')).on('PUT', UPLOADS, refusal(status, code));
      expect(await target.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
      expect(await target.hasBlob(sha256(CONFIG))).to.equal(true);
    });
  }

  it('takes a repository that is not there for no upload that was lost', async () => {
    const target = bench.open();
    bench.proxy.on('POST', UPLOADS, refusal(404, 'NAME_UNKNOWN'), 100);
    expect(await errorOf(target.putBlob(sha256(CONFIG), CONFIG))).to.have.property('code', ERROR_CODES.NotFound);
    expect(bench.proxy.count('POST', UPLOADS)).to.equal(1);
  });

  it('sends a small blob and its digest apart where a registry takes only chunks', async () => {
    const target = bench.open();
    bench.proxy.on('PUT', UPLOADS, refusal(405, 'UNSUPPORTED'));
    expect(await target.putBlob(sha256(CONFIG), CONFIG)).to.equal(true);
    const requests = bench.proxy.received.slice(-4).map(({ method }) => method);
    expect(requests).to.deep.equal(['PUT', 'POST', 'PATCH', 'PUT']);
    expect(await target.hasBlob(sha256(CONFIG))).to.equal(true);
    await target.close();
  });

  for (const [how, arrange] of [
    ['in one request', () => undefined],
    ['apart from its digest', () => bench.proxy.on('PUT', UPLOADS, refusal(405, 'UNSUPPORTED'))],
  ] as const) {
    it(`tells that the bytes of a small blob are taken before the registry has a blob of them, ${how}`, async () => {
      const target = bench.open();
      let taken = false;
      let inTime: boolean | undefined;
      const forget = (): Promise<void> => Promise.resolve(void (taken = false));
      const commit = async (): Promise<void> => {
        const told = until('the bytes to be taken', 10_000, () => Promise.resolve(taken));
        inTime = await told.then(
          () => true,
          () => false,
        );
      };
      arrange();
      // What was told of bytes that were refused does not count.
      bench.proxy
        .on('PATCH', UPLOADS, { kind: 'meanwhile', happens: forget })
        .on('PUT', UPLOADS, { kind: 'meanwhile', happens: commit });
      expect(await target.putBlob(sha256(CONFIG), CONFIG, undefined, () => (taken = true))).to.equal(true);
      expect(inTime).to.equal(true);
      taken = false;
      expect(await target.putBlob(sha256(CONFIG), CONFIG, undefined, () => (taken = true))).to.equal(false);
      expect(taken, 'of a blob that is there').to.equal(false);
      await target.close();
    });
  }

  it('waits before it sends again for as long as Retry-After says', async () => {
    const target = bench.open();
    bench.proxy.on('PATCH', UPLOADS, status(429, { 'retry-after': '1' }));
    const started = performance.now();
    await writeAll(target, bytes);
    expect(performance.now() - started).to.be.greaterThan(1000);
    await target.close();
  });

  it('takes no for an answer to a mount', async () => {
    const target = bench.open();
    for (const fault of [refusal(404, 'NAME_UNKNOWN'), refusal(405, 'UNSUPPORTED')]) {
      bench.proxy.on('POST', /[?&]mount=/, fault);
      expect(await target.mountBlob(bench.descriptor.digest, bench.store)).to.equal(false);
    }
    await target.close();
  });

  it('says which blobs the registry collected in between', async () => {
    const target = bench.open();
    const layer = await writeAll(target, bytes);
    await target.putBlob(sha256(CONFIG), CONFIG);
    const deleted = await fetch(`http://${bench.registry.host}/v2/${target.name.split('/')[1]}/blobs/${layer.digest}`, {
      method: 'DELETE',
    });
    expect(deleted.status).to.equal(202);
    const error = await errorOf(target.putManifest('v1', OCI_MANIFEST, imageOf([layer])));
    expect(error).to.be.instanceOf(BlobsUnknownError).with.deep.property('digests', [layer.digest]);
    await target.close();
  });
});

import { randomBytes } from 'node:crypto';

import { expect } from 'chai';

import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import { BlobsUnknownError } from '../../../../shared/store/blobs-unknown-error.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { StoreOptions } from '../../../../shared/store/open-store.ts';
import type { Store } from '../../../../shared/store/store.ts';
import { newTransfer } from '../../../../shared/store/transfer.ts';
import { until } from '../../../support/deadline.ts';
import type { FaultProxy } from '../../../support/registry/fault-proxy.ts';
import type { RegistryKind } from '../../../support/registry/registry-process.ts';
import {
  BLOBS,
  change,
  FaultBench,
  flipped,
  MIB,
  PASSED,
  refusal,
  STALLS_ALWAYS,
  STALLS_ONCE,
  status,
  UPLOADS,
} from '../fault-bench.ts';
import { CONFIG, errorOf, imageOf, OCI_MANIFEST, OCTETS, readAll, writeAll, writePieces } from '../store-contract.ts';

/** How the blob travels: in one request, or, after a registry took no such, in chunks. */
type UploadMode = 'stream' | 'chunks';

interface Row {
  readonly fault: string;
  /** Only this one; both where it is not said. */
  readonly pace?: UploadMode;
  readonly arrange: (proxy: FaultProxy) => unknown;
  readonly outcome: 'whole' | ErrorCode;
  /** How often the source runs: once where it is not said. */
  readonly runs?: number;
  /** The same where a registry cannot go on in the middle of a request: docker-registry binds its locations to an offset. */
  readonly runsWithoutResume?: number;
  /** Bytes sent at most, in parts of the blob, where the source runs once. */
  readonly sent?: number;
  readonly timeouts?: StoreOptions['timeouts'];
  readonly says?: RegExp;
}

const ROWS: readonly Row[] = [
  {
    fault: '503 twice for a request',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, status(503), 2),
    outcome: 'whole',
  },
  {
    fault: 'a request is cut: the rest of it is sent',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, { kind: 'cut-request', after: 4 * MIB }),
    outcome: 'whole',
    runsWithoutResume: 2,
    // What the kernels had taken by then is lost, too.
    sent: 1.8,
  },
  {
    fault: 'a request was read, and only its beginning arrived: what is not at hand any more is made again',
    pace: 'stream',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, { kind: 'swallow-request', passed: 10 * MIB, swallowed: 20 * MIB }),
    outcome: 'whole',
    runs: 2,
    sent: 1.6,
  },
  {
    fault: 'the answer to a request is lost',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, { kind: 'lose-answer' }),
    outcome: 'whole',
    runsWithoutResume: 2,
    sent: 1,
  },
  {
    fault: 'silence while a request is sent',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, { kind: 'silence' }),
    outcome: 'whole',
    sent: 1.5,
    timeouts: STALLS_ONCE,
  },
  {
    fault: '408, 429 and 500 for a request',
    arrange: (proxy) => [408, 429, 500].forEach((code) => proxy.on('PATCH', UPLOADS, status(code))),
    outcome: 'whole',
  },
  { fault: '416 for a request', arrange: (proxy) => proxy.on('PATCH', UPLOADS, status(416)), outcome: 'whole' },
  { fault: '503 for the session', arrange: (proxy) => proxy.on('POST', UPLOADS, status(503)), outcome: 'whole' },
  {
    fault: 'the answer to the commit is lost',
    arrange: (proxy) => proxy.on('PUT', UPLOADS, { kind: 'lose-answer' }),
    outcome: 'whole',
    sent: 1,
  },
  {
    fault: '503 for the commit',
    arrange: (proxy) => proxy.on('PUT', UPLOADS, status(503)),
    outcome: 'whole',
    sent: 1,
  },
  {
    fault: 'the session is gone at once: the blob is sent again',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, refusal(404, 'BLOB_UPLOAD_UNKNOWN')),
    outcome: 'whole',
    runs: 2,
    sent: 2,
  },
  {
    fault: 'the session is gone after a chunk: the blob is sent again',
    pace: 'chunks',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, PASSED).on('PATCH', UPLOADS, refusal(404, 'BLOB_UPLOAD_UNKNOWN')),
    outcome: 'whole',
    runs: 2,
    sent: 2,
  },
  {
    fault: 'the registry finds another digest: the blob is sent again',
    arrange: (proxy) => proxy.on('PUT', UPLOADS, refusal(400, 'DIGEST_INVALID')),
    outcome: 'whole',
    runs: 2,
    sent: 2,
  },
  {
    fault: 'the registry always finds another digest',
    arrange: (proxy) => proxy.on('PUT', UPLOADS, refusal(400, 'DIGEST_INVALID'), 100),
    outcome: ERROR_CODES.DigestMismatch,
    runs: 4,
  },
  ...[400, 411, 413, 415].map((code): Row => ({
    fault: `no request of such length (${code}): the blob is sent in chunks`,
    pace: 'stream',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, refusal(code, 'UNSUPPORTED')),
    outcome: 'whole',
    runs: 2,
  })),
  {
    fault: 'chunks are refused: the blob is sent whole',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, refusal(405, 'UNSUPPORTED'), 100),
    outcome: 'whole',
    runs: 2,
  },
  {
    fault: 'chunks are refused, and the one request is cut',
    arrange: (proxy) =>
      proxy
        .on('PATCH', UPLOADS, refusal(405, 'UNSUPPORTED'), 100)
        .on('PUT', UPLOADS, { kind: 'cut-request', after: 9 * MIB }),
    outcome: 'whole',
    runs: 3,
  },
  {
    fault: 'no space for it (413)',
    pace: 'chunks',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, refusal(413, 'SIZE_INVALID'), 100),
    outcome: ERROR_CODES.Refused,
    says: /cannot write a blob in .* answered 413 \(SIZE_INVALID.*raise the limit on the length of requests/,
  },
  {
    fault: 'a quota that is used up',
    arrange: (proxy) => proxy.on('POST', UPLOADS, refusal(403, 'DENIED', 'quota exceeded'), 100),
    outcome: ERROR_CODES.Refused,
    says: /answered 403 \(DENIED: quota exceeded/,
  },
  {
    fault: 'no right to push',
    arrange: (proxy) => proxy.on('POST', UPLOADS, refusal(403, 'DENIED'), 100),
    outcome: ERROR_CODES.Unauthorized,
    says: /answered 403 \(DENIED: says the test\): no credentials for it were found/,
  },
  {
    fault: 'a registry that swallows what it is sent',
    arrange: (proxy) => proxy.on('PATCH', UPLOADS, { kind: 'silence' }, 100),
    outcome: ERROR_CODES.Unreachable,
    timeouts: STALLS_ALWAYS,
    says: /went silent/,
  },
  {
    fault: 'relative locations with a query',
    arrange: (proxy) => {
      const relative = change(({ headers }) => {
        const location = new URL(headers.location ?? '');
        return { headers: { ...headers, location: `${location.pathname}${location.search}` } };
      });
      proxy.on('POST', UPLOADS, relative, 100).on('PATCH', UPLOADS, relative, 100);
    },
    outcome: 'whole',
    sent: 1,
  },
  {
    fault: 'a session whose location is nowhere',
    arrange: (proxy) =>
      proxy.on(
        'POST',
        UPLOADS,
        change(({ headers }) => ({ headers: { ...headers, location: 'http://[' } })),
        100,
      ),
    outcome: ERROR_CODES.Unreachable,
    says: /does not say where to go on/,
  },
];

const KINDS: readonly RegistryKind[] = ['docker-registry', 'distribution'];

const bytes = randomBytes(20 * MIB + 99);

/** A store that has met a registry, or a proxy before it, that takes no stream. */
const inChunks = async (bench: FaultBench, target = bench.open()): Promise<Store> => {
  bench.proxy.on('PATCH', UPLOADS, status(411));
  await writeAll(target, randomBytes(9 * MIB));
  bench.proxy.received.length = 0;
  Object.assign(bench.transfer, newTransfer());
  return target;
};

for (const kind of KINDS) {
  for (const pace of ['stream', 'chunks'] as const) {
    describe(`writing a blob to ${kind} in ${pace === 'stream' ? 'one request' : pace} when things go wrong`, () => {
      const bench = new FaultBench().install(kind);

      for (const row of ROWS.filter((each) => (each.pace ?? pace) === pace)) {
        const { fault, arrange, outcome, sent, timeouts, says } = row;
        const runs = (kind === 'docker-registry' ? row.runsWithoutResume : undefined) ?? row.runs ?? 1;

        it(`${fault}: ${outcome}`, async () => {
          const opened = bench.open(undefined, timeouts);
          const target = pace === 'stream' ? opened : await inChunks(bench, opened);
          arrange(bench.proxy);
          let ran = 0;
          const upload = target.writeBlob(OCTETS, async (write) => {
            ran++;
            await writePieces(write, bytes);
          });
          if (outcome === 'whole') {
            expect((await upload).digest).to.equal(sha256(bytes));
            // With all patience, and not through the proxy.
            const { store } = openStore(target.name.replace(bench.proxy.host, bench.registry.host));
            const read = await readAll(store, { mediaType: OCTETS, digest: sha256(bytes), size: bytes.length });
            expect(read.equals(bytes)).to.equal(true);
            await store.close();
          } else {
            const error = await errorOf(upload);
            expect(error).to.be.instanceOf(CacheError).with.property('code', outcome);
            if (says) expect((error as Error).message).to.match(says);
          }
          expect(ran).to.equal(runs);
          const resumes = kind === 'distribution' || runs === 1;
          if (sent !== undefined && resumes) expect(bench.transfer.bytesSent / bytes.length).to.be.at.most(sent);
          await target.close();
        });
      }
    });
  }
}

for (const kind of [...KINDS, 'crane'] as const) {
  describe(`a source that pauses, and ${kind}`, () => {
    const bench = new FaultBench().install(kind);

    it('is no stall: the request ends, and the rest goes in chunks', async () => {
      const target = bench.open(undefined, STALLS_ONCE);
      const { digest } = await target.writeBlob(OCTETS, async (write) => {
        await write(bytes);
        await new Promise((resolve) => setTimeout(resolve, 2 * STALLS_ONCE.stallMs));
        await write(bytes);
      });
      expect(digest).to.equal(sha256(Buffer.concat([bytes, bytes])));
      expect(bench.transfer.bytesSent).to.equal(2 * bytes.length);
      await target.close();
    });
  });
}

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

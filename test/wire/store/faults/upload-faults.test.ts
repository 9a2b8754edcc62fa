import { randomBytes } from 'node:crypto';
import { expect } from 'chai';
import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import { sha256 } from '../../../../shared/store/digest.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import type { StoreOptions } from '../../../../shared/store/open-store.ts';
import type { FaultProxy } from '../../../support/registry/fault-proxy.ts';
import type { RegistryKind } from '../../../support/registry/registry-process.ts';
import {
  change,
  FaultBench,
  MIB,
  PASSED,
  refusal,
  STALLS_ALWAYS,
  STALLS_ONCE,
  status,
  UPLOADS,
} from '../fault-bench.ts';
import { errorOf, OCTETS, readAll, writePieces } from '../store-contract.ts';
import { inChunks } from './chunked-store.ts';

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

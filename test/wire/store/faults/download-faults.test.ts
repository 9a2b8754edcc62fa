import { gzipSync } from 'node:zlib';

import { expect } from 'chai';

import { CacheError, ERROR_CODES } from '../../../../shared/errors.ts';
import type { ErrorCode } from '../../../../shared/errors.ts';
import type { StoreOptions } from '../../../../shared/store/open-store.ts';
import type { Fault } from '../../../support/registry/fault-proxy.ts';
import {
  BLOBS,
  change,
  FaultBench,
  flipped,
  MIB,
  refusal,
  STALLS_ALWAYS,
  STALLS_ONCE,
  status,
  withBody,
  withUnknownBody,
} from '../fault-bench.ts';
import { errorOf, readAll } from '../store-contract.ts';

describe('reading a blob when things go wrong', () => {
  const bench = new FaultBench().install();

  interface Row {
    readonly fault: string;
    /** Applied in turn to the requests for the blob. */
    readonly faults: readonly Fault[];
    readonly outcome: 'whole' | ErrorCode;
    readonly requests: number;
    readonly timeouts?: StoreOptions['timeouts'];
    readonly says?: RegExp;
  }
  const always = (fault: Fault): readonly Fault[] => Array.from({ length: 100 }, () => fault);

  /** RFC 9110, section 15.3.7: a server may send less than the range that was asked for. */
  const beginningOfRange = (length: number): Fault =>
    change(({ headers, body }) => {
      const from = Number(/^bytes (\d+)-/.exec(headers['content-range'] ?? '')?.[1]);
      const part = body.subarray(0, length);
      const range = `bytes ${from}-${from + length - 1}/${bench.blob.length}`;
      return withBody({ headers: { ...headers, 'content-range': range } }, part);
    });

  const ROWS: readonly Row[] = [
    { fault: 'cut after 5 MiB', faults: [{ kind: 'cut-answer', after: 5 * MIB }], outcome: 'whole', requests: 2 },
    {
      fault: 'cut again and again, with progress',
      faults: [1, 2, 3, 4, 5, 6].map((n) => ({ kind: 'cut-answer', after: (1 + (n % 2)) * MIB })),
      outcome: 'whole',
      requests: 7,
    },
    {
      fault: 'cut every time before a byte came',
      faults: always({ kind: 'lose-answer' }),
      outcome: ERROR_CODES.Unreachable,
      requests: 4,
      says: /the connection ended before the answer; the connection broke, also after retries/,
    },
    { fault: '503 twice', faults: [status(503), status(503)], outcome: 'whole', requests: 3 },
    { fault: '500, 502, 408', faults: [status(500), status(502), status(408)], outcome: 'whole', requests: 4 },
    {
      fault: '503 for ever',
      faults: always(refusal(503, 'UNAVAILABLE')),
      outcome: ERROR_CODES.Unreachable,
      requests: 4,
      says: /cannot read the blob sha256:\w+ in 127.*: 127.0.0.1:\d+ answered 503 \(UNAVAILABLE: says the test\)/,
    },
    {
      fault: '429 and Retry-After of a second',
      faults: [status(429, { 'retry-after': '1' })],
      outcome: 'whole',
      requests: 2,
    },
    {
      fault: '429 and Retry-After of an hour',
      faults: [status(429, { 'retry-after': '3600' })],
      outcome: ERROR_CODES.Unreachable,
      requests: 1,
      says: /answered 429/,
    },
    {
      fault: 'silence after 3 MiB',
      faults: [{ kind: 'silence-in-answer', after: 3 * MIB }],
      outcome: 'whole',
      requests: 2,
      timeouts: STALLS_ONCE,
    },
    {
      fault: 'silence before the answer',
      faults: [{ kind: 'silence' }],
      outcome: 'whole',
      requests: 2,
      timeouts: STALLS_ONCE,
    },
    {
      fault: 'a registry that swallows every packet',
      faults: always({ kind: 'silence' }),
      outcome: ERROR_CODES.Unreachable,
      requests: 4,
      timeouts: STALLS_ALWAYS,
      says: /no byte came or went for \d+ ms; it took the connection and went silent/,
    },
    {
      fault: 'a byte is another one',
      faults: [change(({ body }) => ({ body: flipped(body) }))],
      outcome: ERROR_CODES.DigestMismatch,
      requests: 1,
      says: /what came has the digest sha256:/,
    },
    {
      fault: 'truncated, and the length says so',
      faults: [change((answer) => withBody(answer, answer.body.subarray(0, MIB)))],
      outcome: ERROR_CODES.DigestMismatch,
      requests: 1,
      says: /announces 1048576 bytes where 20971841 are due/,
    },
    {
      fault: 'truncated without a length',
      faults: [change((answer) => withUnknownBody(answer, answer.body.subarray(0, MIB)))],
      outcome: 'whole',
      requests: 2,
    },
    {
      fault: 'longer than its descriptor, without a length',
      faults: [change((answer) => withUnknownBody(answer, Buffer.concat([answer.body, Buffer.alloc(9)])))],
      outcome: ERROR_CODES.DigestMismatch,
      requests: 1,
      says: /more bytes came/,
    },
    {
      fault: 'longer than its descriptor, and the length says so',
      faults: [change((answer) => withBody(answer, Buffer.concat([answer.body, Buffer.alloc(9)])))],
      outcome: ERROR_CODES.DigestMismatch,
      requests: 1,
    },
    {
      fault: 'compressed on the way by a proxy',
      faults: [
        change(({ body, ...answer }) =>
          withBody(
            { ...answer, headers: { ...answer.headers, 'content-encoding': 'gzip' } },
            gzipSync(body, { level: 0 }),
          ),
        ),
      ],
      outcome: ERROR_CODES.DigestMismatch,
      requests: 1,
      says: /encoded as gzip though that was declined/,
    },
    {
      fault: 'the rest comes from its start again: ranges are ignored',
      faults: [
        { kind: 'cut-answer', after: 5 * MIB },
        change((answer) => ({ status: 200, ...withBody(answer, bench.blob) })),
      ],
      outcome: 'whole',
      requests: 2,
    },
    {
      fault: 'the beginnings of ranges',
      faults: [{ kind: 'cut-answer', after: 5 * MIB }, ...[3, 2, 1, 1, 1, 1].map((n) => beginningOfRange(n * MIB))],
      outcome: 'whole',
      requests: 8,
    },
    {
      fault: 'some bytes of each range',
      faults: [{ kind: 'cut-answer', after: 5 * MIB }, ...always(beginningOfRange(1000))],
      outcome: ERROR_CODES.Unreachable,
      requests: 4,
      says: /ended a blob after/,
    },
    {
      fault: 'another range than asked for',
      faults: [
        { kind: 'cut-answer', after: 5 * MIB },
        change(({ headers }) => ({ headers: { ...headers, 'content-range': `bytes 0-5/${bench.blob.length}` } })),
      ],
      outcome: ERROR_CODES.DigestMismatch,
      requests: 2,
      says: /other bytes than those asked for/,
    },
    {
      fault: 'not there',
      faults: [refusal(404, 'BLOB_UNKNOWN')],
      outcome: ERROR_CODES.NotFound,
      requests: 1,
      says: /is not in .* \(any more\)/,
    },
    {
      fault: '403',
      faults: [refusal(403, 'DENIED')],
      outcome: ERROR_CODES.Unauthorized,
      requests: 1,
      says: /DENIED: says the test\): no credentials/,
    },
    {
      fault: 'an answer without a body',
      faults: always(change(() => ({ headers: { 'x-broken': 'a' }, status: 200, body: Buffer.alloc(0) }))),
      outcome: ERROR_CODES.Unreachable,
      requests: 4,
    },
    {
      fault: 'redirects in a circle',
      faults: always(status(307, { location: '?again' })),
      outcome: ERROR_CODES.Unreachable,
      requests: 24,
      says: /redirects in circles/,
    },
    {
      fault: 'a redirect to plain HTTP elsewhere',
      faults: always(status(307, { location: 'http://storage.example.com/x?signature=SECRET' })),
      outcome: ERROR_CODES.Unreachable,
      requests: 4,
      says: /redirects to storage.example.com without TLS/,
    },
  ];

  for (const { fault, faults, outcome, requests, timeouts, says } of ROWS) {
    it(`${fault}: ${outcome}`, async () => {
      const store = bench.open('kept', timeouts);
      for (const each of faults) bench.proxy.on('GET', BLOBS, each);
      if (outcome === 'whole') {
        expect((await readAll(store, bench.descriptor)).equals(bench.blob)).to.equal(true);
      } else {
        const error = await errorOf(readAll(store, bench.descriptor));
        expect(error).to.be.instanceOf(CacheError).with.property('code', outcome);
        if (says) expect((error as Error).message).to.match(says);
        expect((error as Error).message).to.not.include('SECRET');
      }
      expect(bench.proxy.count('GET', BLOBS)).to.equal(requests);
    });
  }

  it('goes on at the byte reached', async () => {
    bench.proxy.on('GET', BLOBS, { kind: 'cut-answer', after: 5 * MIB });
    await readAll(bench.store, bench.descriptor);
    const range = bench.proxy.received.at(-1)?.headers.range ?? '';
    const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(range) ?? [];
    expect(Number(from)).to.be.within(1, 5 * MIB);
    expect(Number(to)).to.equal(bench.blob.length - 1);
    expect(bench.transfer.bytesReceived).to.equal(bench.blob.length);
  });

  it('goes on with a range, too', async () => {
    bench.proxy.on('GET', BLOBS, { kind: 'cut-answer', after: 2 * MIB });
    const range = { offset: 3 * MIB, length: 7 * MIB };
    const read = await readAll(bench.store, bench.descriptor, range);
    expect(read.equals(bench.blob.subarray(3 * MIB, 10 * MIB))).to.equal(true);
    expect(bench.transfer.bytesReceived).to.equal(7 * MIB);
  });

  it('takes a range out of a registry that has none', async () => {
    bench.proxy.on(
      'GET',
      BLOBS,
      change((answer) => ({ status: 200, ...withBody(answer, bench.blob) })),
    );
    const read = await readAll(bench.store, bench.descriptor, { offset: 3 * MIB, length: 1000 });
    expect(read.equals(bench.blob.subarray(3 * MIB, 3 * MIB + 1000))).to.equal(true);
    expect(bench.transfer.bytesReceived).to.be.lessThan(5 * MIB);
    expect(await bench.store.hasBlob(bench.descriptor.digest)).to.equal(true);
  });

  it('does not take a slow sink for a stall', async () => {
    let pauses = 0;
    let size = 0;
    await bench.open('kept', STALLS_ONCE).readBlob(bench.descriptor, async (chunk) => {
      size += chunk.length;
      if (pauses++ === 0) await new Promise((resolve) => setTimeout(resolve, 2 * STALLS_ONCE.stallMs));
    });
    expect(size).to.equal(bench.blob.length);
    expect(bench.proxy.count('GET', BLOBS)).to.equal(1);
  });

  it('waits for as long as Retry-After says', async () => {
    bench.proxy.on('GET', BLOBS, status(503, { 'retry-after': '1' }));
    const started = performance.now();
    await readAll(bench.store, bench.descriptor);
    expect(performance.now() - started).to.be.greaterThan(1000);
  });
});

import { expect } from 'chai';
import * as fc from 'fast-check';
import { CacheError } from '../../../../shared/errors.ts';
import {
  amountsNote,
  readRestored,
  readStored,
  restoredAmounts,
  storedAmounts,
} from '../../../../shared/helper/report/amounts.ts';
import { noteLine, resultsLine, StepLog } from '../../../../shared/helper/report/step-log.ts';
import { formatBytes, parseBytes } from '../../../../shared/helper/report/text-log.ts';
import { readVerdict, verdictLine } from '../../../../shared/helper/report/verdict.ts';
import { runRequest } from '../../../../shared/helper/run-request.ts';
import type { Verb } from '../../../../shared/interface/params.ts';
import { REASONS } from '../../../../shared/interface/results/results.ts';
import { openStore } from '../../../../shared/store/open-store.ts';
import { FakeEntries, found, pushed, request } from '../fakes.ts';

const bytes = fc.oneof(fc.nat(2000), fc.maxSafeNat());
const verb = fc.constantFrom<Verb>('fetch', 'upload');
const DIGEST = `sha256:${'a1'.repeat(32)}`;

/** Bytes as far as people are told of them. */
const told = (exact: number): number | undefined => parseBytes(formatBytes(exact));

describe('the log of a step', () => {
  it('is read as it was written: bytes as they are rounded', () => {
    fc.assert(
      fc.property(bytes, (exact) => {
        const read = told(exact) ?? -1;
        expect(formatBytes(read)).to.equal(formatBytes(exact));
        expect(Math.abs(read - exact)).to.be.at.most(exact / 20);
      }),
    );
  });

  it('is read as it was written: verdicts', () => {
    const verdict = fc.record({
      verb,
      cache: fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,20}$/),
      isDone: fc.boolean(),
      reason: fc.constantFrom(...Object.keys(REASONS)),
      target: fc.string({ unit: 'grapheme', minLength: 1 }).filter((text) => !/[\r\n]/.test(text)),
    });
    fc.assert(
      fc.property(verdict, fc.boolean(), ({ target, ...rest }, isKnown) => {
        const written = isKnown ? { ...rest, target } : rest;
        expect(readVerdict(verdictLine(written))).to.deep.equal(written);
      }),
    );
  });

  it('is read as it was written: amounts, each by its own verb', () => {
    fc.assert(
      fc.property(bytes, bytes, fc.nat(), (size, moved, files) => {
        const read = { size: told(size), moved: told(moved), digest: DIGEST };
        const restored = amountsNote(restoredAmounts({ size, files, moved }), DIGEST);
        const stored = amountsNote(storedAmounts({ size, moved }), DIGEST);
        expect(readRestored(restored)).to.deep.equal(read);
        expect(readStored(stored)).to.deep.equal(read);
        expect(readRestored(stored) ?? readStored(restored)).to.equal(undefined);
      }),
    );
  });

  it('has no verdict in a note, whatever the note says', () => {
    const line = verdictLine({ verb: 'fetch', cache: 'go', isDone: true, reason: 'exact', target: 'r/a:b' });
    const text = fc.array(fc.constantFrom(line, '\n', 'x', '{}', ' ')).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, (note) => {
        const log = new StepLog();
        for (const written of noteLine(note).split('\n')) log.add(written);
        expect(log.caches('fetch')).to.deep.equal([]);
      }),
    );
  });

  /** What becomes of a cache, in a request with others. */
  const fates = fc.array(
    fc.record({
      fate: fc.constantFrom('exact', 'fallback', 'absent', 'broken', 'unchanged'),
      size: bytes,
      moved: bytes,
    }),
    { minLength: 1, maxLength: 5 },
  );

  it('says of a whole request what its report says', async () => {
    await fc.assert(
      fc.asyncProperty(verb, fates, async (asked, given) => {
        const entries = new FakeEntries();
        const caches = given.map((_, at) => ({ name: `c${at}`, dir: `/w/${at}` }));
        given.forEach(({ fate, size, moved }, at) => {
          const [target, fallback] = [`r.example/app:c${at}`, `r.example/app:old-c${at}`];
          const amounts = { size, files: at, bytesReceived: moved, digest: DIGEST };
          if (fate === 'broken')
            entries.errors.set(target, new CacheError('Unreachable', 'away\ncache c0: hit (exact) x'));
          if (fate === 'exact') entries.stored.set(target, { ...found(), ...amounts });
          if (fate === 'fallback') entries.stored.set(fallback, { ...found(), ...amounts });
          if (fate === 'exact') entries.pushed.set(target, { ...pushed(), size, bytesSent: moved, digest: DIGEST });
        });
        const log = new StepLog();
        const add = (text: string): void => text.split('\n').forEach((line) => log.add(line));
        const ports = { entries, openStore: async (target: string) => openStore(target), log: { line: add } };
        const templates = { target: 'r.example/app:{{workspace}}', fallbacks: ['r.example/app:old-{{workspace}}'] };
        const { results } = await runRequest(request({ verb: asked, caches, ...templates }), ports);
        add(resultsLine(results));

        const ended = log.ended(asked);
        expect(ended?.results).to.deep.equal(
          Object.fromEntries(Object.entries(results).filter(([name]) => !/^c\d-/.test(name))),
        );
        const read = ended?.caches ?? [];
        expect(read.map(({ cache }) => cache)).to.deep.equal(caches.map(({ name }) => name));
        read.forEach(({ cache, reason, isDone, target, amounts }, at) => {
          const { size = 0, moved = 0, fate } = given[at] ?? {};
          expect(reason).to.equal(results[`${cache}-reason`]);
          const place = asked === 'fetch' && fate === 'fallback' ? `old-${cache}` : cache;
          expect(target).to.equal(`r.example/app:${place}`);
          expect(amounts?.digest ?? '').to.equal(results[`${cache}-digest`]);
          if (asked === 'fetch') expect(isDone).to.equal(results[`${cache}-match`] !== 'miss');
          else expect(String(isDone)).to.equal(results[`${cache}-uploaded`]);
          if (isDone) expect(amounts).to.include({ size: told(size), moved: told(moved) });
        });
      }),
      { numRuns: 60 },
    );
  });

  it('counts the last verdict, and the amounts of no other entry', () => {
    const log = new StepLog();
    for (const line of [
      'cache go: hit (exact) r/a:b',
      'cache go: 1.0 MB, 10 files, 1.0 MB/s',
      'cache go: miss (invalid-image) r/a:b',
      '  r/a:b is broken.',
      `  1.0 MB in 10 files, 1.0 MB received, ${DIGEST}`,
    ])
      log.add(line);
    const [cache, ...more] = log.caches('fetch');
    expect(more).to.deep.equal([]);
    expect(cache).to.include({ isDone: false, reason: 'invalid-image' }).and.not.to.have.property('amounts');
    expect(log.ended('fetch')).to.equal(undefined);
  });

  it('keeps what went wrong, however many files were hashed before', () => {
    const log = new StepLog();
    log.add('cache go: miss (unreachable) r/a:b');
    for (let at = 0; at < 40; at++) log.add(noteLine(`  f${at}/go.sum 1 B`));
    log.add(noteLine('r cannot be reached.'));
    const [cache] = log.caches('fetch');
    expect(cache?.notes).to.have.length(30);
    expect(cache?.notes.at(-1)).to.equal('r cannot be reached.');
  });

  it('keeps few lines of a log that is hostile, and nothing that moves a cursor', () => {
    const log = new StepLog();
    for (let at = 0; at < 200; at++) {
      log.add(`cache c${at}: miss (unreachable) r/a:b\u001B[2J`);
      for (let line = 0; line < 50; line++) log.add(`  \u001B[2J${'x'.repeat(10_000)}`);
    }
    const caches = log.caches('fetch');
    expect(caches).to.have.length(64);
    const text = JSON.stringify(caches);
    expect(text.length).to.be.at.most(64 * 31 * 2100);
    expect(text).not.to.include('u001b');
    log.add(JSON.stringify({ reason: 'exact' }));
    expect(log.ended('fetch')).to.equal(undefined);
  });
});

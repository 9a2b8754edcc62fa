import { expect } from 'chai';

import { CollectionWait } from '../../../../shared/store/auth/collection-wait.ts';
import { LONGEST_COLLECTION_MS } from '../../../../shared/interface/withheld.ts';
import type { WithheldFor } from '../../../../shared/interface/withheld.ts';
import { until } from '../../../support/deadline.ts';

interface Answer {
  readonly token: {
    readonly withheld: readonly WithheldFor[];
    readonly refused: readonly string[];
    readonly askAgainMs?: number;
  };
}

const GRANTED: Answer = { token: { withheld: [], refused: [] } };
const collecting = (askAgainMs?: number): Answer => ({
  token: {
    withheld: ['collection'],
    refused: ['push: it collects'],
    ...(askAgainMs === undefined ? {} : { askAgainMs }),
  },
});

describe('the wait for the end of a collection', () => {
  let now: number;
  let slept: number[];
  let lines: string[];
  const signal = new AbortController().signal;
  beforeEach(() => {
    [now, slept, lines] = [0, [], []];
  });

  const wait = (longestMs = LONGEST_COLLECTION_MS): CollectionWait =>
    new CollectionWait({
      longestMs,
      tell: (line) => lines.push(line),
      now: () => now,
      sleep: (ms) => {
        now += ms;
        slept.push(ms);
        return Promise.resolve();
      },
    });
  const oneByOne = (answers: readonly Answer[]) => {
    const left = [...answers];
    return async (): Promise<Answer> => await Promise.resolve(left.length > 1 ? left.shift()! : left[0]!);
  };

  it('asks again until pushes are granted, and tells of its begin and its end', async () => {
    const collectionWait = wait();
    const ask = oneByOne([collecting(12_000), collecting(), collecting(400_000), collecting(0), GRANTED]);
    expect(await collectionWait.pass(ask, signal)).to.equal(GRANTED);
    expect(slept).to.deep.equal([12_000, 5000, 30_000, 1000]);
    expect(lines).to.deep.equal([
      'The registry takes no push just now: push: it collects. An error would fail the run, so the upload waits for the end of that, 35m at most.',
      'The registry takes pushes again, after 48s.',
    ]);
    expect(collectionWait.inVain).to.equal(undefined);
  });

  it('is none for what is kept back by a quota, or granted', async () => {
    const full: Answer = { token: { withheld: ['quota'], refused: ['push: it is full'] } };
    for (const answer of [full, GRANTED]) {
      expect(await wait().pass(oneByOne([answer]), signal)).to.equal(answer);
    }
    expect({ slept, lines }).to.deep.equal({ slept: [], lines: [] });
  });

  it('has one bound for all stores of a request, and says what to do when that has passed', async () => {
    const collectionWait = wait(12_000);
    const last = collecting();
    expect(await collectionWait.pass(oneByOne([collecting(), collecting(), last]), signal)).to.equal(last);
    expect(await collectionWait.pass(oneByOne([last]), signal)).to.equal(last);
    expect(slept).to.deep.equal([5000, 5000, 2000]);
    expect(lines).to.have.length(1);
    expect(collectionWait.inVain).to.equal(
      'The upload waited 12s for the end of that; start the run again when the registry takes pushes',
    );
  });

  it('holds the time for work as long as any store waits, also where the question fails', async () => {
    const held: string[] = [];
    const workTime = { hold: () => held.push('hold'), goOn: () => held.push('go on') };
    const collectionWait = new CollectionWait({
      longestMs: 60_000,
      tell: () => undefined,
      workTime,
      sleep: () => Promise.resolve(),
    });
    await collectionWait.pass(oneByOne([GRANTED]), signal);
    expect(held).to.deep.equal([]);
    const gate = Promise.withResolvers<Answer>();
    const first = collectionWait.pass(oneByOne([collecting(), GRANTED]), signal);
    const answers = [Promise.resolve(collecting()), gate.promise];
    const second = collectionWait.pass(async () => await answers.shift()!, signal);
    await first;
    expect(held).to.deep.equal(['hold']);
    gate.reject(new Error('the token service is away'));
    expect(await second.catch((error: unknown) => String(error))).to.include('is away');
    expect(held).to.deep.equal(['hold', 'go on']);
  });

  it('ends by its signal', async () => {
    const collectionWait = new CollectionWait({ longestMs: 60_000, tell: (line) => lines.push(line) });
    const closed = new AbortController();
    const waiting = collectionWait.pass(oneByOne([collecting()]), closed.signal);
    await until('the wait to begin', 5000, () => Promise.resolve(lines.length > 0), 1);
    closed.abort();
    expect(await waiting.catch((error: unknown) => (error instanceof Error ? error.name : ''))).to.equal('AbortError');
  });
});

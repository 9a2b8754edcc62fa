import { expect } from 'chai';

import { Collection, DRAIN_MS } from '../../../../controller/storage/collection/collection.ts';
import { pauseOf, pushesEndAt, readWindow, withholdingOf } from '../../../../controller/storage-state.ts';
import { LONGEST_COLLECTION_MS } from '../../../../shared/interface/withheld.ts';
import { createLog } from '../../../../shared/log.ts';
import { withholdPushes } from '../../../../shared/scope/pushes.ts';
import type { Withholding } from '../../../../shared/scope/pushes.ts';
import { until } from '../../../support/deadline.ts';

const HOUR_MS = 3_600_000;

describe('a collection of garbage', () => {
  let state: Record<string, string>;
  let steps: string[];
  let ahead: number;
  let isEnding: boolean;
  /** Questions about the collector that have no answer. */
  let unanswered: number;
  const now = (): number => Date.now() + ahead;
  const isHeld = (): boolean => pauseOf(state, now()) !== undefined;

  beforeEach(() => {
    [state, steps, ahead, isEnding, unanswered] = [{}, [], 0, true, 0];
  });

  const collection = (drainMs = 0, limit: { readonly limitMs?: number } = { limitMs: HOUR_MS }): Collection =>
    new Collection({
      state: {
        read: () => Promise.resolve({ ...state }),
        change: (items) => {
          for (const [name, value] of Object.entries(items)) {
            if (value === null) delete state[name];
            else state[name] = value;
          }
          return Promise.resolve();
        },
      },
      collector: {
        start: () => step('start'),
        stop: () => step('stop'),
        hasEnded: () => (unanswered-- > 0 ? Promise.reject(new Error('no answer')) : Promise.resolve(isEnding)),
      },
      drainMs,
      ...limit,
      pollMs: 1,
      log: createLog({ silent: true }),
      now,
    });
  const step = (name: string): Promise<void> => {
    steps.push(`${name}${isHeld() ? ', held' : ''}`);
    return Promise.resolve();
  };
  const never = new AbortController().signal;
  const failureOf = async (promise: Promise<unknown>): Promise<string> =>
    await promise.then(
      () => 'none',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );

  it('deletes and collects while pushes are held, and lets them go on', async () => {
    expect(await collection().run(() => step('delete'), never)).to.equal(true);
    expect(steps).to.deep.equal(['stop', 'delete, held', 'start, held', 'stop, held']);
    expect(isHeld()).to.equal(false);
    expect(await collection().lastAt()).to.be.within(now() - 60_000, now());
  });

  it('ends well though nobody says for a moment how far the collector is', async () => {
    unanswered = 3;
    expect(await collection().run(() => step('delete'), never)).to.equal(true);
    expect(isHeld()).to.equal(false);
  });

  it('is over where a clock that was ahead began it, and is right again: pushes go on, and the next one begins', async () => {
    const stop = new AbortController();
    ahead = 1000 * HOUR_MS;
    isEnding = false;
    const running = failureOf(collection().run(() => step('delete'), stop.signal));
    await until('the collector to start', 5000, () => Promise.resolve(steps.includes('start, held')));
    stop.abort(new Error('stopped'));
    expect(await running).to.contain('aborted');
    expect(isHeld()).to.equal(true);
    ahead = 0;
    expect(isHeld()).to.equal(false);
    isEnding = true;
    expect(await collection().run(() => step('again'), never)).to.equal(true);
  });

  it('begins when the last push is over', async () => {
    const stop = new AbortController();
    const running = failureOf(collection(HOUR_MS).run(() => step('delete'), stop.signal));
    await until('the collection to be announced', 5000, () => Promise.resolve(readWindow(state) !== undefined));
    expect(readWindow(state)?.after).to.be.within(now() + HOUR_MS - 60_000, now() + HOUR_MS + 1000);
    // Pushes go on by tokens that end in time.
    expect(pushesEndAt(state, now())).to.be.lessThan(readWindow(state)?.after ?? 0);
    expect(isHeld()).to.equal(false);
    expect(steps).to.deep.equal(['stop']);
    // Nothing was begun: pushes go on at once.
    stop.abort(new Error('stopped'));
    expect(await running).to.not.equal('none');
    expect(pushesEndAt(state, now())).to.equal(undefined);
  });

  it('lets pushes go on when a deletion fails, and collects nothing', async () => {
    const failing = async (): Promise<void> => await Promise.reject(new Error('no registry'));
    expect(await failureOf(collection().run(failing, never))).to.equal('no registry');
    expect(steps).to.deep.equal(['stop']);
    expect(isHeld()).to.equal(false);
  });

  it('holds pushes to the end of the window when nobody knows how far the collector is, and no longer', async () => {
    isEnding = false;
    const stop = new AbortController();
    const running = failureOf(collection().run(() => step('delete'), stop.signal));
    await until('the collector to be started', 5000, () => Promise.resolve(steps.includes('start, held')));
    stop.abort(new Error('died'));
    await running;
    expect(isHeld()).to.equal(true);
    // Its successor waits for that end, and ends the collector before the next window.
    expect(await collection().run(() => step('delete'), never)).to.equal(false);
    ahead = HOUR_MS;
    expect(isHeld()).to.equal(false);
    [isEnding, steps] = [true, []];
    expect(await collection().run(() => step('delete'), never)).to.equal(true);
    expect(steps[0]).to.equal('stop');
  });

  it('counts as the last one when it held pushes, whatever came of it', async () => {
    expect(await collection().lastAt()).to.equal(0);
    await failureOf(collection().run(async () => await Promise.reject(new Error('no registry')), never));
    expect(await collection().lastAt()).to.be.within(now() - 60_000, now());
  });

  it('gives up a collector that does not end in time, and stops it', async () => {
    isEnding = false;
    const running = failureOf(collection().run(() => step('delete'), never));
    await until('the collector to be started', 5000, () => Promise.resolve(steps.includes('start, held')));
    ahead = HOUR_MS;
    expect(await running).to.match(/did not collect its garbage in time/);
    expect(steps.at(-1)).to.equal('stop');
    expect(isHeld()).to.equal(false);
  });

  it('takes push out of what is granted, with a sentence and a word, and leaves the rest', () => {
    const access = (name: string, ...actions: readonly string[]) => ({ type: 'repository', name, actions });
    const granted = [access('a/x', 'pull', 'push'), access('a/y', 'pull'), access('b/x', 'pull', 'push')];
    const held: Withholding = { for: 'collection', why: 'it is held' };
    const why = (repository: string) => (repository.startsWith('a/') ? held : undefined);
    expect(withholdPushes({ granted, refused: ['before'] }, why)).to.deep.equal({
      granted: [access('a/x', 'pull'), access('a/y', 'pull'), access('b/x', 'pull', 'push')],
      refused: ['before', 'repository:a/x:push: it is held'],
      withheld: ['collection'],
    });
  });

  it('lets pushes go on by tokens that end 150 s before it, as long as such a token is good for a minute', () => {
    const at = 1_800_000_000;
    const data = { 'collect-after': String(at), 'collect-before': String(at + 60) };
    const before = (seconds: number): number => (at - seconds) * 1000;
    expect(pauseOf(data, before(600))).to.equal(undefined);
    expect(pauseOf(data, before(210))).to.equal(undefined);
    expect(pauseOf(data, before(209))).to.match(/collects its garbage/);
    expect(pauseOf(data, before(-59))).to.match(/collects its garbage/);
    expect(pauseOf(data, before(-60))).to.equal(undefined);
    expect(pushesEndAt(data, before(600))).to.equal(before(150));
    expect(pushesEndAt(data, before(-60))).to.equal(undefined);
  });

  it('keeps pushes back for less time than a strict upload waits, whatever becomes of the housekeeper', async () => {
    const stop = new AbortController();
    const running = failureOf(collection(DRAIN_MS, {}).run(() => step('delete'), stop.signal));
    await until('the collection to be announced', 5000, () => Promise.resolve(readWindow(state) !== undefined));
    const { after, before } = readWindow(state)!;
    const seconds = Array.from({ length: DRAIN_MS / 1000 }, (_, second) => after - DRAIN_MS + second * 1000);
    const held = seconds.find((time) => pauseOf(state, time) !== undefined) ?? after;
    expect(before - held)
      .to.be.greaterThan(DRAIN_MS)
      .and.lessThan(LONGEST_COLLECTION_MS);
    stop.abort();
    await running;
  });

  it('says when pushes may go on: not before the registry has begun to collect', () => {
    const at = 1_800_000_000;
    const data = { 'collect-after': String(at), 'collect-before': String(at + 60) };
    const askAgain = (seconds: number) => withholdingOf(data, 'a/x', (at + seconds) * 1000)?.retryAfterS;
    expect([-209, -6, 0, 30, 60].map(askAgain)).to.deep.equal([209, 6, 5, 5, undefined]);
  });

  it('is none where the ConfigMap says nothing, or something else', () => {
    const nothing: readonly Record<string, string>[] = [
      {},
      { 'collect-after': '1' },
      { 'collect-after': '1', 'collect-before': 'soon' },
    ];
    for (const data of nothing) {
      expect(pauseOf(data, now())).to.equal(undefined);
    }
    const before = String(Math.floor(now() / 1000) + 60);
    expect(pauseOf({ 'collect-after': '1', 'collect-before': before }, now())).to.match(/collects its garbage/);
  });
});

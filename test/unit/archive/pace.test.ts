import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { removeLargeTree } from '../../../shared/archive/files/remove-tree.ts';
import { Pace } from '../../../shared/archive/pace.ts';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import { equalsStatCache } from '../../../shared/archive/stat-cache/restored-stat-cache.ts';
import { openStatCache } from '../../../shared/archive/stat-cache/stat-cache.ts';
import { newFetchBench, type FetchBench } from '../../support/fetch-bench.ts';
import { putEntry } from '../../support/built-entry.ts';
import { version } from '../../support/versions.ts';

describe('long work', () => {
  let bench: FetchBench;
  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  /** Ends the work at a step, as a deadline would that comes meanwhile. */
  function endingAt(step: number): { readonly pace: Pace; readonly reason: Error } {
    const reason = new Error('max-time');
    let timer: NodeJS.Timeout | undefined;
    let rests = 0;
    let isOver = false;
    const pace = new Pace(() => {
      if (isOver) throw reason;
      if (++rests >= step) timer ??= setTimeout(() => (isOver = true), 0);
    }, 0);
    return { pace, reason };
  }

  it('of removing a tree hears what ends it', async () => {
    const dir = fs.mkdtempSync(join(tmpdir(), 'pace-'));
    for (let n = 0; n < 5000; n++) fs.writeFileSync(join(dir, String(n)), '');
    const { pace, reason } = endingAt(3);
    expect(await removeLargeTree(dir, pace).catch((error: unknown) => error)).to.equal(reason);
    expect(fs.readdirSync(dir).length).to.be.within(1, 4997);
    await removeLargeTree(dir, new Pace(() => {}));
    expect(fs.existsSync(dir)).to.equal(false);
  });

  it('of looking whether a directory is as it was hears what ends it', async () => {
    await putEntry(bench.store, 'v1', { items: version('one', 100) });
    await bench.fetch();
    const selection = selectionOf([], []);
    const statCache = openStatCache(bench.target, selection)!;
    const directory = { dir: bench.target, clean: true };
    const { pace, reason } = endingAt(3);
    expect(await equalsStatCache(statCache, directory, selection, pace).catch((error: unknown) => error)).to.equal(
      reason,
    );
    expect(await equalsStatCache(statCache, directory, selection, new Pace(() => {}))).to.equal(true);
    statCache.close();
  });
});

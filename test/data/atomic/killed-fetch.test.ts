/**
 * Fetches that are killed at random moments, as often as ATOMIC_KILLS says. After each the directory has whole files only, and the next
 * run brings it to what it was before or to what it was to become, before it does anything else.
 */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { openWorkspace } from '../../../shared/archive/commit/workspace.ts';
import { putEntry } from '../../support/entry/built-entry.ts';
import type { Item } from '../../support/tree/item.ts';
import { hasStaging } from '../../support/transfer-process/staging-sign.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { KILLS, killAfter } from '../../support/transfer-process/kill-after.ts';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { version } from '../../support/tree/versions.ts';

const PROGRAM = fileURLToPath(new URL('../../support/transfer-process/fetch-process.ts', import.meta.url));

const lines = (items: readonly Item[]): ReadonlySet<string> => new Set(itemsPicture(items).map(withoutAttributes));
/** Type and content; times and modes of directories are set last. */
const withoutAttributes = (line: string): string => line.replace(/ (file|directory|link) \S+ \S+/, ' $1');

describe(`a fetch that is killed (${KILLS} times each)`, function () {
  this.timeout(60_000 + KILLS * 10_000);
  let bench: FetchBench;
  const versions = { old: version('old'), new: version('new') };

  before(async () => {
    bench = newFetchBench();
    await putEntry(bench.store, 'old', { items: versions.old, frameBytes: 512 * 1024, layerItems: 400 });
    await putEntry(bench.store, 'new', { items: versions.new, frameBytes: 512 * 1024, layerItems: 400 });
  });
  after(() => bench.remove());

  /** Starts a fetch of the new version and kills it a while after a file of it has appeared. */
  function kill(dir: string, sign: string, delayMs: number): Promise<boolean> {
    const child = spawn(process.execPath, [PROGRAM, `oci:${join(bench.base, 'store')}`, 'new', dir], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return killAfter(child, () => hasStaging(dir, sign), delayMs);
  }

  for (const start of ['empty', 'filled'] as const) {
    it(`leaves whole files, and the next run recovers the directory: ${start}`, async () => {
      const content = new Set([...lines(versions.old), ...lines(versions.new)]);
      const ends = { before: 0, after: 0, late: 0 };
      for (let round = 0; round < KILLS; round++) {
        const dir = join(bench.base, `${start}-${round}`);
        fs.mkdirSync(dir);
        if (start === 'filled') await bench.fetch({ dir, reference: 'old' });
        const found = treePicture(dir);
        const inCommit = round % 2 === 0;
        const sign = inCommit ? 'commit' : '';
        const killed = await kill(dir, sign, Math.random() * (inCommit ? 20 : 250));
        for (const line of treePicture(dir)) expect(content.has(withoutAttributes(line)), line).to.equal(true);

        const workspace = await openWorkspace(dir);
        await workspace.close('changed');
        const recovered = treePicture(dir);
        const isAfter = recovered.join() === itemsPicture(versions.new).join();
        ends[!killed ? 'late' : isAfter ? 'after' : 'before'] += 1;
        if (!isAfter) expect(recovered, `round ${round}`).to.deep.equal(found);
        expect(hasStaging(dir)).to.equal(false);

        await bench.fetch({ dir, reference: 'new', clean: true });
        expect(treePicture(dir)).to.deep.equal(itemsPicture(versions.new));
        fs.rmSync(dir, { recursive: true });
      }
      console.log(
        `      killed in time ${KILLS - ends.late} of ${KILLS}: as before ${ends.before}, finished ${ends.after}`,
      );
      expect(ends.before, 'some were killed before they were decided').to.be.greaterThan(0);
    });
  }
});

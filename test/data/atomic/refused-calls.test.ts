import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { putEntry } from '../../support/entry/built-entry.ts';
import { newFetchBench } from '../../support/entry/fetch-bench.ts';
import { newUploadBench } from '../../support/entry/upload-bench.ts';
import { withRefusedCalls, type Refused } from '../../support/refused-calls.ts';
import type { Item } from '../../support/tree/item.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { codeOf } from '../../support/code-of.ts';

const ENTRY: readonly Item[] = [
  { path: 'a', type: 'directory' },
  { path: 'a/changed', type: 'file', content: 'of the entry' },
  { path: 'a/new', type: 'directory' },
  { path: 'a/new/file', type: 'file', content: 'new' },
  { path: 'a/other name', type: 'hardlink', target: 'a/changed' },
  { path: 'link', type: 'symlink', target: 'a' },
  { path: 'sealed', type: 'directory', mode: 0o555 },
  { path: 'turns', type: 'file', content: 'a file' },
];

const FAILURES = ['Unreadable', 'Unwritable'];
/** Not every call has its turn in both ways: a fetch waits for the disk, and an upload for the clock of new files. */
const STEPS = { fetch: 2, upload: 11 };

/** Tells of every call that was refused, so that a failure names it. */
const named = ({ call, result }: Refused<unknown>): string =>
  `${call}: ${result.status === 'rejected' ? String(result.reason) : 'done'}`;

/** A disk gives out at one call and is well again, or from that call on. */
for (const forGood of [false, true]) {
  describe(`a file system that refuses ${forGood ? 'all calls from one on' : 'one call'}`, function () {
    this.timeout(120_000);

    const fill = (dir: string): void => {
      fs.rmSync(dir, { recursive: true, force: true });
      for (const path of ['a', 'turns/into', 'extra']) fs.mkdirSync(join(dir, path), { recursive: true });
      for (const path of ['a/changed', 'turns/into/file', 'extra/file']) fs.writeFileSync(join(dir, path), 'of before');
    };

    it('has the whole tree of a fetch, or is as it was: the fetch says which, and the next one does not care', async () => {
      const bench = newFetchBench();
      try {
        await putEntry(bench.store, 'v1', { items: ENTRY });
        const counts = (path: string): boolean => path.startsWith(bench.target) || path.startsWith('/proc/self/fd/');
        for (let at = forGood ? 2 : 1; ; at += STEPS.fetch) {
          fill(bench.target);
          const before = treePicture(bench.target);
          const refusal = { counts, at, forGood, code: 'EIO' };
          const refused = await withRefusedCalls(refusal, async () => await bench.fetch({ clean: true }));
          if (refused.call === undefined) break;
          const { result } = refused;
          if (result.status === 'rejected') expect(codeOf(result.reason), named(refused)).to.be.oneOf(FAILURES);
          // Where even the way back is refused, the message says that the next run goes it.
          const isLeft = result.status === 'rejected' && String(result.reason).includes('The next run takes it back');
          const wanted = result.status === 'rejected' ? before : itemsPicture(ENTRY);
          if (!isLeft) expectSameTree(treePicture(bench.target), wanted, named(refused));
          expect(await bench.fetch({ clean: true }), named(refused)).to.include({ found: true });
          expectSameTree(treePicture(bench.target), itemsPicture(ENTRY), named(refused));
        }
      } finally {
        bench.remove();
      }
    });

    it('is stored whole, or not at all: what cannot be read is said, and the next upload has all', async () => {
      const bench = newUploadBench();
      try {
        const counts = (path: string): boolean => path.startsWith(bench.dir) || path.startsWith('/proc/self/fd/');
        for (let at = forGood ? 4 : 1; ; at += STEPS.upload) {
          fill(bench.dir);
          await bench.upload();
          bench.write('a/new', 'new');
          bench.write('a/changed', 'changed');
          fs.rmSync(join(bench.dir, 'extra'), { recursive: true });
          const before = treePicture(bench.dir);
          const refusal = { counts, at, forGood, code: 'EIO' };
          const refused = await withRefusedCalls(refusal, async () => await bench.upload());
          if (refused.call === undefined) break;
          const { result } = refused;
          if (result.status === 'fulfilled') expectSameTree(await bench.restored(), before, named(refused));
          else expect(codeOf(result.reason), named(refused)).to.be.oneOf(FAILURES);
          expectSameTree(treePicture(bench.dir), before, named(refused));
          bench.write('a/later', 'later');
          await bench.upload();
          expectSameTree(await bench.restored(), treePicture(bench.dir), named(refused));
        }
      } finally {
        bench.remove();
      }
    });
  });
}

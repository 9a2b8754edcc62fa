import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EntryLimits } from '../../shared/entry/entry.ts';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { codeOf } from '../support/code-of.ts';
import { newUploadBench, type UploadBench } from '../support/entry/upload-bench.ts';
import { expectSameTree } from '../support/tree/same-tree.ts';
import { treePicture } from '../support/tree/tree-picture.ts';

/** What the way to a workspace may be called. */
const NAMES = {
  'another alphabet': 'проект',
  'accents and spaces': 'Zürich à côté',
  'four bytes of UTF-8': '📦',
  'signs of globs': '[a]{b,c}*!(d)',
  'signs of URLs and templates': '%41#x?y={{hash}}',
  'a line break': 'two\nlines',
  'more bytes than an address of a socket': 'é'.repeat(100),
};

describe('a workspace is stored and restored, and its state is kept, where its path has', () => {
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  for (const [what, name] of Object.entries(NAMES)) {
    it(what, async () => {
      const [from, into] = ['from', 'new/into'].map((place) => join(bench.base, name, place));
      if (from === undefined || into === undefined) throw new Error('There are two workspaces.');
      fs.mkdirSync(join(from, 'd'), { recursive: true });
      fs.writeFileSync(join(from, 'd/file'), 'a file');
      fs.symlinkSync('d', join(from, 'link'));
      const before = treePicture(from);

      expect(await bench.upload({ dir: from })).to.include({ reason: 'pushed' });
      expect(states(from), 'the state of the upload').to.have.lengthOf(1);
      expect(await bench.upload({ dir: from })).to.include({ reason: 'unchanged' });
      expect(await fetchInto(into, { maxBytes: 1 }).catch(codeOf)).to.equal('TooLarge');
      expect(fs.readdirSync(join(bench.base, name)), 'after a fetch that failed').to.deep.equal(['from']);
      expect(await fetchInto(into)).to.include({ found: true });
      expectSameTree(treePicture(into), before);
      expect(states(into), 'the state of the fetch').to.have.lengthOf(1);
      expect(await fetchInto(into)).to.include({ found: true, bytesReceived: 0 });

      // What is behind a link has an absolute path.
      const chosen = { dir: from, paths: ['link'] };
      expect(await bench.upload(chosen, `${bench.target}-linked`)).to.include({ reason: 'pushed', size: 6 });
      fs.writeFileSync(join(into, 'other'), 'another');
      expect(await fetchInto(into)).to.include({ found: true, bytesReceived: 0 });
      expectSameTree(treePicture(into), before, 'after a change');
    });
  }

  async function fetchInto(dir: string, limits: Partial<EntryLimits> = {}): ReturnType<typeof fetchEntry> {
    const { store, reference } = openStore(bench.target);
    return await fetchEntry({ store, reference, dir, paths: [], exclude: [], clean: true, limits });
  }
});

/** The stat caches of a workspace. */
function states(dir: string): string[] {
  return fs.readdirSync(join(dir, '.tekton-cache')).filter((name) => name.startsWith('record-'));
}

/** What becomes of links and names that another program puts in the place of those of the entry while a fetch is at work. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { putEntry } from '../../support/entry/built-entry.ts';
import { fetchBeside, newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import type { Item } from '../../support/tree/item.ts';

const PROGRAM = 'of a program';
/** Replaces what is there, as `ln -sfn` does, once the fetch has begun to move files to their places. */
const REPLACER = `
  const fs = require('node:fs');
  const { sign, path, own, target, text } = require('node:worker_threads').workerData;
  if (target === undefined) fs.writeFileSync(own, text);
  else fs.symlinkSync(target, own);
  while (!fs.existsSync(sign));
  if (fs.lstatSync(path).isDirectory()) fs.rmdirSync(path);
  fs.renameSync(own, path);
`;

/** So many take longer to come to their places than the program needs. */
const many: readonly Item[] = Array.from({ length: 2000 }, (_, n) => ({
  path: `m${n}`,
  type: 'file',
  content: String(n),
}));

interface Replacement {
  readonly items: readonly Item[];
  /** Where the program's symlink leads; it makes a file otherwise. */
  readonly target?: string;
}

const SYMLINK: Item = { path: 'a', type: 'symlink', target: 'm0', mode: 0o777 };
const NAME: Item = { path: 'a', type: 'hardlink', target: 'm0' };
const REPLACEMENTS: Readonly<Record<string, Replacement>> = {
  'a symlink, by another': { items: [SYMLINK], target: 'm1' },
  'a symlink beside hard links, by another': {
    items: [SYMLINK, { path: 'z', type: 'hardlink', target: 'm1' }],
    target: 'm1',
  },
  'a symlink, by a file': { items: [SYMLINK] },
  'a further name, by a file': { items: [NAME] },
  'a further name, by a symlink': { items: [NAME], target: 'm1' },
  'a directory, by a symlink': { items: [{ path: 'a', type: 'directory' }], target: 'm1' },
};

/** What is at a path, and where it leads. */
function lookAt(dir: string): readonly unknown[] {
  const path = join(dir, 'a');
  const stats = fs.lstatSync(path);
  if (stats.isSymbolicLink()) return ['symlink', fs.readlinkSync(path)];
  return stats.isDirectory() ? ['directory'] : ['file', fs.readFileSync(path, 'utf8')];
}

describe('what another program replaces while a fetch is at work', function () {
  this.timeout(60_000);
  let bench: FetchBench;
  beforeEach(() => (bench = newFetchBench()));
  afterEach(() => bench.remove());

  async function fetchWhileReplaced({ items, target }: Replacement): Promise<void> {
    await putEntry(bench.store, 'v1', { items: [...items, ...many] });
    const [sign, path] = ['m2', 'a'].map((name) => join(bench.target, name));
    const workerData = { sign, path, own: join(bench.base, 'own'), target, text: PROGRAM };
    await fetchBeside(bench, REPLACER, workerData);
  }

  for (const [what, replacement] of Object.entries(REPLACEMENTS)) {
    const ofProgram = replacement.target === undefined ? ['file', PROGRAM] : ['symlink', replacement.target];

    it(`is what the entry has after the next fetch: ${what}`, async () => {
      await fetchWhileReplaced(replacement);
      expect(lookAt(bench.target)).to.deep.equal(ofProgram);
      await bench.fetch();
      const fresh = join(bench.base, 'fresh');
      await bench.fetch({ dir: fresh });
      expect(lookAt(bench.target)).to.deep.equal(lookAt(fresh)).and.not.to.deep.equal(ofProgram);
    });

    // An upload tells another type by itself.
    if (replacement.items[0]?.type !== 'symlink' || replacement.target === undefined) continue;
    it(`is in the next upload as the program has it: ${what}`, async () => {
      await fetchWhileReplaced(replacement);
      const common = { store: bench.store, reference: 'v1', paths: [], exclude: [] };
      await uploadEntry({ ...common, dir: bench.target, aliases: [], force: false });
      const fresh = join(bench.base, 'fresh');
      await fetchEntry({ ...common, dir: fresh, clean: true });
      expect(lookAt(fresh)).to.deep.equal(ofProgram);
    });
  }
});

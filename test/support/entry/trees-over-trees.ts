import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';
import { plain, putImage } from './put-image.ts';
import { makeTree, RANDOM_TREES, tarOf } from '../tree/random-tree.ts';
import { expectSameTree } from '../tree/same-tree.ts';
import { treePicture } from '../tree/tree-picture.ts';

/** Puts a tree into a store, as an image `v1`. */
type PutTree = (store: Store, places: { readonly tree: string; readonly other: string }) => Promise<unknown>;

export const WAYS: Readonly<Record<string, PutTree>> = {
  'an entry': (store, { tree }) => {
    const request = { reference: 'v1', paths: [], exclude: [], aliases: [], force: false, readOnly: true };
    return uploadEntry({ store, dir: tree, ...request, evenEmpty: true });
  },
  'an image of one layer': (store, { tree }) => putImage(store, 'v1', [plain(tarOf(tree))]),
  'an image of two layers': (store, { tree, other }) =>
    putImage(store, 'v1', [plain(tarOf(other)), plain(tarOf(tree, other))]),
};

export interface Runs {
  readonly numRuns: number;
  readonly seed?: number;
}

/** What is restored over any other tree is the tree, exactly. @param top an empty directory for all of it */
export async function restoresExactly(put: PutTree, top: string, options: Runs): Promise<void> {
  let run = 0;
  const property = fc.asyncProperty(RANDOM_TREES, async ([wanted, there = wanted, other = wanted]) => {
    const base = join(top, String(run++));
    const tree = join(base, 'tree');
    const target = join(base, 'target');
    const below = join(base, 'other');
    try {
      makeTree(tree, wanted);
      makeTree(target, there);
      makeTree(below, other);
      const { store } = openStore(`oci:${join(base, 'store')}:v1`);
      await put(store, { tree, other: below });
      const expected = treePicture(tree);
      const request = { store, reference: 'v1', dir: target, paths: [], exclude: [], clean: true };
      expect((await fetchEntry(request)).found).to.equal(true);
      expectSameTree(treePicture(target), expected);
      // And once more over itself: now nothing is new.
      await fetchEntry(request);
      expectSameTree(treePicture(target), expected);
    } finally {
      fs.rmSync(base, { recursive: true, force: true });
    }
  });
  await fc.assert(property, options);
}

import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchEntry } from '../../shared/entry/fetch-entry.ts';
import type { EntryFetch, FetchOutcome } from '../../shared/entry/entry.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { putEntry, type BuildOptions, type Item } from '../support/built-entry.ts';
import { itemsPicture, treePicture } from '../support/tree-picture.ts';

const dir = (path: string, more: Partial<Item> = {}): Item => ({ path, type: 'directory', ...more });
const file = (path: string, content: string | Buffer, more: Partial<Item> = {}): Item => ({
  path,
  type: 'file',
  content,
  ...more,
});
const link = (path: string, target: string): Item => ({ path, type: 'symlink', target });

const ITEMS: readonly Item[] = [
  dir('a', { mode: 0o750, mtimeSec: 1_200_000_000, mtimeNs: 123_456_000 }),
  file('a/empty', ''),
  file('a/run', '#!/bin/sh\n', { mode: 0o4755, mtimeNs: 999_999_000 }),
  file('a/sealed', 'no bits', { mode: 0 }),
  file('a.b', 'sorts after a/'),
  dir('locked', { mode: 0o555 }),
  file('locked/in', 'inside'),
  dir('empty', { mode: 0o1777, mtimeSec: -5 }),
  file('big', Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) % 251))),
  file('late', 'after the big one'),
  file('n\xff\xfe\nname', 'not UTF-8'),
  link('up', '../../etc/passwd'),
  link('nowhere', '/does/not/exist'),
  { path: 'same', type: 'hardlink', target: 'a/run' },
];

describe('a fetch', () => {
  let base: string;
  let target: string;

  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'fetch-'));
    target = join(base, 'target');
    fs.mkdirSync(target);
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  const store = () => openStore(`oci:${join(base, 'store')}:v1`).store;
  const fetch = (more: Partial<EntryFetch> = {}): Promise<FetchOutcome> =>
    fetchEntry({ store: store(), reference: 'v1', dir: target, paths: [], exclude: [], clean: false, ...more });
  const put = (options: BuildOptions) => putEntry(store(), 'v1', options);

  it('restores what was stored', async () => {
    await put({ items: ITEMS, frameBytes: 64 * 512 });
    const outcome = await fetch();
    expect(outcome.found).to.equal(true);
    expect(treePicture(target)).to.deep.equal(itemsPicture(ITEMS));
  });
});

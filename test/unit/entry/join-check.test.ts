import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';

import type { EntryCheck } from '../../../shared/entry/entry.ts';
import { joinEntries } from '../../../shared/entry/join/join-entries.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import type { Store } from '../../../shared/store/store.ts';

describe('a join whose parts are checked', () => {
  let base: string;
  let store: Store;
  let digests: Readonly<Record<string, string>>;
  before(async () => {
    base = await mkdtemp(join(tmpdir(), 'join-check-'));
    ({ store } = openStore(`oci:${base}/layout`));
    const made: Record<string, string> = {};
    for (const name of ['start', 'one', 'two']) {
      const dir = join(base, name);
      await mkdir(dir);
      await writeFile(join(dir, name), name);
      const upload = { dir, paths: [], exclude: [], store, reference: name, aliases: [], force: false };
      made[name] = (await uploadEntry(upload)).digest;
    }
    digests = made;
  });
  after(async () => await rm(base, { recursive: true }));

  const joined = async (into: string, refused: string, tasks: readonly string[] = ['one', 'two']) => {
    const dir = join(base, into);
    await mkdir(dir);
    const check: EntryCheck = ({ reference }) =>
      Promise.resolve(reference === digests[refused] ? 'is not believed' : undefined);
    const part = (reference: string) => ({ parts: [{ store, reference }], after: [] });
    const parts = { nodes: tasks.map(part), base: [{ store, reference: 'start' }] };
    const outcome = await joinEntries({ dir, paths: [], exclude: [], clean: false, check, ...parts });
    const files = (await readdir(dir)).filter((name) => !name.startsWith('.')).toSorted();
    return { found: outcome.found, unverified: 'unverified' in outcome ? outcome.unverified : undefined, files };
  };

  it('is none where the part of a task is refused: the rest is content that no task has seen', async () => {
    expect(await joined('of-all', '')).to.deep.equal({
      found: true,
      unverified: undefined,
      files: ['one', 'two'],
    });
    expect(await joined('without-two', 'two')).to.deep.equal({
      found: false,
      unverified: 'is not believed',
      files: [],
    });
  });

  it('passes over what was there before, where that is refused', async () => {
    // A task that left no entry has changed nothing.
    expect(await joined('start-alone', '', ['none'])).to.deep.include({ found: true, files: ['start'] });
    expect(await joined('not-even-start', 'start', ['none'])).to.deep.include({ found: false, files: [] });
  });
});

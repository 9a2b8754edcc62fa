/** Entries that hold more than is asked for: paths that are excluded now, or that are reserved since. */
import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import { putEntry } from '../support/entry/built-entry.ts';
import { restoredFrom, uploadTo } from '../support/entry/entry-at.ts';
import { newFetchBench, type FetchBench } from '../support/entry/fetch-bench.ts';
import { plain, putImage } from '../support/entry/put-image.ts';
import { rawTar } from '../support/entry/raw-tar.ts';
import type { Item } from '../support/tree/item.ts';

const file = (path: string): Item => ({ path, type: 'file', content: path });
const dir = (path: string): Item => ({ path, type: 'directory' });

const WANTED: readonly Item[] = [dir('a'), file('a/kept'), dir('z'), file('z/last')];
const NAMES: readonly Item[] = [...WANTED, { path: 'z/name', type: 'hardlink', target: 'a/kept' }];
const LEFT_OUT = [
  { what: 'reserved', items: [dir('lost+found'), file('lost+found/#12')], exclude: [], notes: [] },
  {
    what: 'excluded',
    items: [dir('log'), file('log/first'), file('a/x.log'), file('z/zz.log')],
    exclude: ['log', '**/*.log'],
    notes: ['4 paths of the entry are outside of the chosen paths, or excluded.'],
  },
  {
    what: 'no directory on the way to what is chosen',
    items: [file('cut')],
    exclude: ['cut', '!cut/chosen'],
    notes: ['1 paths of the entry are outside of the chosen paths, or excluded.'],
  },
];

describe('an entry with paths that are left out', function () {
  this.timeout(60_000);
  let bench: FetchBench;
  beforeEach(() => {
    bench = newFetchBench();
  });
  afterEach(() => bench.remove());

  /** Without the index, so that who needs it has to receive it. */
  function forgetIndex(): void {
    const state = join(bench.target, '.tekton-cache');
    for (const name of fs.readdirSync(state)) if (name.startsWith('index-')) fs.rmSync(join(state, name));
  }

  function expectWanted(): void {
    for (const path of ['a/kept', 'z/last']) expect(fs.readFileSync(join(bench.target, path), 'utf8')).to.equal(path);
  }

  for (const { what, items, exclude, notes } of LEFT_OUT)
    for (const [names, wanted] of [
      ['', WANTED],
      [', and a file with two names', NAMES],
    ] as const)
      for (const [there, make] of [
        ['nothing of the kind', false],
        ['others of the kind', true],
      ] as const)
        it(`is all there for the second fetch, and stored anew once, where they are ${what} beside ${there}${names}`, async () => {
          await putEntry(bench.store, 'v1', { items: [...items, ...wanted] });
          const others = make ? items.filter(({ type }) => type === 'file') : [];
          for (const { path } of others) {
            fs.mkdirSync(dirname(join(bench.target, path)), { recursive: true });
            fs.writeFileSync(join(bench.target, path), 'other content');
          }
          const request = { exclude, clean: true };
          expect(await bench.fetch(request)).to.deep.include({ found: true, notes });
          expectWanted();
          forgetIndex();
          expect(await bench.fetch(request)).to.deep.include({ found: true, bytesReceived: 0, notes: [] });

          const target = `oci:${join(bench.base, 'store')}:v1`;
          expect(await uploadTo(target, bench.target, { exclude })).to.include({ reason: 'pushed' });
          expect(await uploadTo(target, bench.target, { exclude })).to.include({ reason: 'unchanged' });
          const stored = (await restoredFrom(target, bench.base)) ?? [];
          for (const { path } of items) expect(stored.join('\n')).to.not.include(path);
          expect(await bench.fetch(request)).to.include({ found: true, bytesReceived: 0 });
          for (const { path } of others)
            expect(fs.readFileSync(join(bench.target, path), 'utf8')).to.equal('other content');
          expectWanted();
        });

  it('is all there for the second fetch beside a directory that stays for what is excluded in it, and what is more goes', async () => {
    await putEntry(bench.store, 'v1', { items: WANTED });
    const mine = join(bench.target, 'mine/deep/x.log');
    fs.mkdirSync(dirname(mine), { recursive: true });
    fs.writeFileSync(mine, 'mine');
    const request = { exclude: ['**/*.log'], clean: true };
    const settle = async (): Promise<void> => {
      await bench.fetch(request);
      forgetIndex();
      expect(await bench.fetch(request)).to.include({ found: true, bytesReceived: 0 });
    };
    await settle();
    for (const more of ['mine/more', 'mine/deep/more', 'other']) {
      fs.mkdirSync(join(bench.target, more));
      await settle();
      expect(fs.existsSync(join(bench.target, more))).to.equal(false);
    }
    expect(fs.readFileSync(mine, 'utf8')).to.equal('mine');
  });

  it('is still found to be changed', async () => {
    await putEntry(bench.store, 'v1', { items: [...LEFT_OUT.flatMap(({ items }) => items), ...WANTED] });
    const request = { exclude: ['log', '**/*.log'], clean: true };
    await bench.fetch(request);
    fs.writeFileSync(join(bench.target, 'z/more'), '');
    fs.writeFileSync(join(bench.target, 'a/kept'), 'edited');
    expect(await bench.fetch(request)).to.include({ found: true });
    expectWanted();
    expect(fs.existsSync(join(bench.target, 'z/more'))).to.equal(false);
  });

  it('changes nothing at the second fetch where others made it as an image', async () => {
    const members = [{ name: 'lost+found/', flag: '5' }, { name: 'lost+found/#12', content: '12' }, { name: 'a' }];
    await putImage(bench.store, 'v1', [plain(rawTar(members))]);
    expect(await bench.fetch({ clean: true })).to.deep.include({ found: true, notes: [] });
    const { ino, ctimeMs } = fs.statSync(join(bench.target, 'a'));
    expect(await bench.fetch({ clean: true })).to.deep.include({ found: true, notes: [] });
    expect(fs.statSync(join(bench.target, 'a'))).to.include({ ino, ctimeMs });
    expect(fs.readdirSync(bench.target)).to.deep.equal(['a']);
  });
});

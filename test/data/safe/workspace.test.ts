import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { EntryBlockWriter, type EntryBlock } from '../../../shared/archive/index/entry-block.ts';
import { LiveSums } from '../../../shared/archive/index/live-sums.ts';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import { StatCacheWriter } from '../../../shared/archive/stat-cache/stat-cache-writer.ts';
import type { EntryFetch } from '../../../shared/entry/entry.ts';
import { putEntry } from '../../support/entry/built-entry.ts';
import type { Item } from '../../support/tree/item.ts';
import { codeOf } from '../../support/code-of.ts';
import { restoredFrom, uploadTo } from '../../support/entry/entry-at.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import { expectSameTree } from '../../support/tree/same-tree.ts';
import { treePicture } from '../../support/tree/tree-picture.ts';

const PAGE = new URL('../../../docs/safety.md', import.meta.url);

const ITEMS: readonly Item[] = [
  { path: 'd', type: 'directory', mode: 0o777, mtimeSec: 5 },
  { path: 'd/deep', type: 'directory', mode: 0o777, mtimeSec: 5 },
  { path: 'd/secret', type: 'file', content: 'restored', mode: 0o777, mtimeSec: 5 },
  { path: 'e', type: 'file', content: 'e' },
];

/** What a workspace may come with, as from a repository that was checked out, and what comes of it. */
interface Trap {
  readonly name: string;
  readonly set: (target: string, outside: string) => void;
  readonly request?: Partial<EntryFetch>;
  /** Of a fetch; uploads go on without local state. */
  readonly outcome: 'Unwritable' | 'restored';
}

const state = (target: string, ...names: readonly string[]): string => join(target, '.tekton-cache', ...names);
const stateDirectory = (target: string, ...names: readonly string[]): void => {
  fs.mkdirSync(state(target, ...names), { recursive: true });
};

const TRAPS: readonly Trap[] = [
  {
    name: 'a link to a directory outside, where the entry has a directory',
    set: (target, outside) => fs.symlinkSync(outside, join(target, 'd')),
    outcome: 'restored',
  },
  {
    name: 'the same, and the entry is restored in part',
    set: (target, outside) => fs.symlinkSync(outside, join(target, 'd')),
    request: { paths: ['d/deep', 'd/secret'] },
    outcome: 'restored',
  },
  {
    name: 'a link to a directory outside, which the fetch is to remove',
    set: (target, outside) => {
      fs.mkdirSync(join(target, 'more'));
      fs.symlinkSync(outside, join(target, 'more/l'));
    },
    request: { clean: true },
    outcome: 'restored',
  },
  {
    name: 'a file of the same content that has another name outside',
    set: (target, outside) => {
      fs.mkdirSync(join(target, 'd'));
      fs.linkSync(join(outside, 'known'), join(target, 'd/secret'));
    },
    outcome: 'restored',
  },
  {
    name: 'a link for the state directory',
    set: (target, outside) => fs.symlinkSync(outside, state(target)),
    outcome: 'Unwritable',
  },
  {
    name: 'links to what is not there for files of the state directory',
    set: (target, outside) => {
      stateDirectory(target);
      for (const name of ['.gitignore', 'lock.1']) fs.symlinkSync(join(outside, 'new'), state(target, name));
    },
    outcome: 'restored',
  },
  {
    name: 'links to a device that never ends for files of the state directory',
    set: (target) => {
      stateDirectory(target);
      for (const name of ['broken', 'lock.1']) fs.symlinkSync('/dev/zero', state(target, name));
    },
    outcome: 'restored',
  },
  {
    name: 'directories and pipes for files of the state directory',
    set: (target) => {
      for (const name of ['tree', 'old']) stateDirectory(target, 'staging', name);
      stateDirectory(target, 'lock.1', 'in');
      execFileSync('mkfifo', [state(target, 'lock.2'), state(target, 'staging', 'commit')]);
    },
    outcome: 'restored',
  },
  {
    name: 'a link for the staging of a killed fetch',
    set: (target, outside) => {
      stateDirectory(target);
      fs.symlinkSync(outside, state(target, 'staging'));
    },
    outcome: 'restored',
  },
  {
    name: 'a stat cache of this entry that tells of nothing',
    set: (target) => putStatCache(target, []),
    outcome: 'restored',
  },
  {
    name: 'a stat cache of this entry whose sums are right and whose states are none',
    set: (target) => {
      const blocks = new EntryBlockWriter();
      blocks.add({ type: 'deleted', path: 'd' }, undefined);
      putStatCache(
        target,
        blocks.finish().map((block) => ({ ...block, states: Buffer.from('no states') })),
      );
    },
    outcome: 'restored',
  },
  {
    name: 'a stat cache of this entry whose sums are right and whose blocks are none',
    set: (target) =>
      putStatCache(target, [{ data: Buffer.alloc(8), states: Buffer.from('no states'), count: 2 ** 31 }]),
    outcome: 'restored',
  },
  {
    name: 'a journal over links to a directory outside',
    set: (target, outside) => {
      stateDirectory(target, 'staging');
      fs.symlinkSync(outside, state(target, 'staging/tree'));
      fs.symlinkSync(outside, state(target, 'staging/old'));
      fs.writeFileSync(state(target, 'staging/commit'), '["place","secret"]\n["remove","mine",0]\n');
    },
    outcome: 'Unwritable',
  },
  {
    name: 'a journal that sets the mode of what is behind a link',
    set: (target, outside) => {
      for (const name of ['tree', 'old']) stateDirectory(target, 'staging', name);
      fs.symlinkSync(outside, join(target, 'l'));
      fs.writeFileSync(state(target, 'staging/commit'), '["set","l/deep",511,5,0]\n["set","l",511,5,0]\n');
    },
    outcome: 'restored',
  },
];

/** Writes a stat cache for the entry in the layout beside the target. */
function putStatCache(target: string, blocks: readonly EntryBlock[]): void {
  const index = fs.readFileSync(join(target, '../store/index.json'), 'utf8');
  const [digest = ''] = /sha256:[0-9a-f]{64}/.exec(index) ?? [];
  const writer = StatCacheWriter.open(target, selectionOf([], []));
  for (const block of blocks) writer?.addBlock(block);
  writer?.commit({ digest, sums: new LiveSums(), takenAt: Date.now() + 60_000 });
}

describe('a hostile workspace', function () {
  this.timeout(60_000);

  let bench: FetchBench;
  let outside: string;
  beforeEach(async () => {
    bench = newFetchBench();
    outside = join(bench.base, 'outside');
    fs.mkdirSync(join(outside, 'deep'), { recursive: true, mode: 0o700 });
    fs.writeFileSync(join(outside, 'secret'), 'stays', { mode: 0o600 });
    fs.writeFileSync(join(outside, 'known'), 'restored', { mode: 0o600 });
    fs.writeFileSync(join(bench.target, 'mine'), 'stays');
    for (const name of ['secret', 'known', 'deep', '.']) fs.utimesSync(join(outside, name), 1e9, 1e9);
    await putEntry(bench.store, 'v1', { items: ITEMS });
  });
  afterEach(() => bench.remove());

  const picture = (): string[] => {
    const { mode, mtimeMs } = fs.statSync(outside);
    return [...treePicture(outside), `${mode} ${mtimeMs}`];
  };

  for (const trap of TRAPS) {
    it(`${trap.name}: a fetch changes nothing outside (${trap.outcome})`, async () => {
      const before = picture();
      trap.set(bench.target, outside);
      const result = await bench.fetch(trap.request).catch(codeOf);
      expect(picture()).to.deep.equal(before);
      if (trap.outcome === 'Unwritable') expect(result).to.equal('Unwritable');
      else {
        expect(result).to.include({ found: true });
        expect(fs.readFileSync(join(bench.target, 'd/secret'), 'utf8')).to.equal('restored');
        expect(fs.lstatSync(join(bench.target, 'd')).isDirectory()).to.equal(true);
      }
    });

    it(`${trap.name}: an upload changes nothing outside`, async () => {
      const before = picture();
      trap.set(bench.target, outside);
      await uploadTo(`oci:${join(bench.base, 'store')}:v2`, bench.target).catch(codeOf);
      expect(picture()).to.deep.equal(before);
    });
  }

  it('whose stat cache tells of nothing has an entry of all that is there', async () => {
    const target = `oci:${join(bench.base, 'store')}:v1`;
    fs.mkdirSync(join(bench.target, 'd'));
    fs.writeFileSync(join(bench.target, 'd/secret'), 'of the workspace');
    putStatCache(bench.target, []);
    expect(await uploadTo(target, bench.target)).to.include({ reason: 'pushed' });
    expectSameTree((await restoredFrom(target, bench.base)) ?? [], treePicture(bench.target));
  });

  it('is on the page of attacks, with what comes of it', () => {
    const rows = TRAPS.map(({ name, outcome }) => {
      return `| workspace | ${name} | ${outcome === 'restored' ? 'restored' : `\`${outcome}\``} |`;
    });
    const listed = fs.readFileSync(PAGE, 'utf8').split('\n');
    expect(listed.filter((line) => line.startsWith('| workspace |'))).to.deep.equal(rows);
  });
});

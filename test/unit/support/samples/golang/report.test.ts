import { expect } from 'chai';

import { pageWith } from '../../../../support/samples/golang/page.ts';
import { complaints } from '../../../../support/samples/golang/report.ts';
import type { Measured } from '../../../../support/samples/golang/report.ts';
import type { GoRun } from '../../../../support/samples/golang/go-run.ts';

const HASH = 'a'.repeat(64);
const cold: GoRun = {
  log: { lines: [], seconds: 30 },
  go: { compiled: 100, downloaded: 4 },
  seconds: 60,
  modules: 4,
  fetch: { hit: 'false', hash: HASH },
  upload: { uploaded: 'true' },
};
const warm: GoRun = {
  log: { lines: [], seconds: 1 },
  go: { compiled: 0, downloaded: 0 },
  seconds: 10,
  modules: 0,
  fetch: { hit: 'true', hash: HASH, target: 'r/a:x' },
  upload: {},
};
const way = (name: string, changes: Partial<Measured> = {}): Measured => ({
  way: { name, title: `1. ${name}`, entries: 'shared' },
  cold,
  warm,
  ...changes,
});

describe('what the samples have to show', () => {
  it('is content when warm runs do nothing and all ways agree on one hash', () => {
    expect(complaints([way('a'), way('b')])).to.deep.equal([]);
  });

  it('names the way whose warm run compiled or downloaded', () => {
    const busy = { ...warm, go: { compiled: 1, downloaded: 0 }, modules: 2 };
    expect(complaints([way('a'), way('b', { warm: busy })])).to.deep.equal([
      'b: the warm run compiled 1 packages',
      'b: the mirror sent 2 modules to the warm run',
    ]);
  });

  it('takes no warm run for proof after a cold one that was not cold', () => {
    const idle = { ...cold, go: { compiled: 0, downloaded: 0 } };
    expect(complaints([way('a', { cold: idle })])).to.have.length(2);
  });

  it('sees another hash, and one that is none', () => {
    const other = { ...warm, fetch: { ...warm.fetch, hash: 'b'.repeat(64) } };
    const none = { ...warm, fetch: { hit: 'true', hash: '' } };
    expect(complaints([way('a'), way('b', { warm: other })])).to.deep.equal([
      'the ways with one key do not agree on one hash',
    ]);
    expect(complaints([way('a', { warm: none })])).to.have.length(1);
  });

  it('asks for no hash of a way without a registry', () => {
    const volume = { name: 'pvc', title: '1. pvc', entries: 'none' } as const;
    expect(complaints([way('pvc', { way: volume, warm: { ...warm, fetch: {} } })])).to.deep.equal([]);
  });

  it('lets a preset have entries of its own, which have to be a hit all the same', () => {
    const preset = { name: 'auto', title: '6. auto', entries: 'own' } as const;
    const own = { ...warm, fetch: { hit: 'true', hash: '', target: 'r/c' } };
    expect(complaints([way('a'), way('auto', { way: preset, warm: own })])).to.deep.equal([]);
    const missed = { ...own, fetch: { ...own.fetch, hit: 'false' } };
    expect(complaints([way('auto', { way: preset, warm: missed })])).to.deep.equal(['auto: the warm run had no hit']);
  });

  it('sees a warm run with an entry of its own', () => {
    const own = { ...warm, fetch: { ...warm.fetch, target: 'r/b:x' } };
    expect(complaints([way('a'), way('b', { warm: own })])).to.deep.equal(['the warm runs do not share one entry']);
  });
});

describe('the page of figures', () => {
  it('gets new figures of a way that was run by itself, in the order of the ways', () => {
    const page = '# x\n\n<!-- from the runner: figures -->\n<!-- end -->\n';
    const both = pageWith(page, [way('b', { way: { name: 'b', title: '2. b', entries: 'shared' } })], 'old');
    const slower = { ...cold, seconds: 99 };
    const again = pageWith(both, [way('a', { cold: slower })], 'new');
    const rows = again.split('\n').filter((line) => line.startsWith('| ')).map((line) => line.split(' | ')[0]);
    expect(rows).to.deep.equal(['| way', '| ---', '| 1. a', '| ', '| 2. b', '| ']);
    expect(again).to.include('The last run was on new.').and.to.include('99 s').and.not.to.include('on old');
  });
});

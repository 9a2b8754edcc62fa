import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import * as fc from 'fast-check';
import { Pace } from '../../../../shared/pace.ts';
import { selectionOf } from '../../../../shared/archive/paths/selection.ts';
import { evict, leastRecentlyUsed } from '../../../../shared/entry/upload/evict.ts';

describe('the files that a cache does without', () => {
  const file = (path: string, size: number, usedMs: number) => ({ path, size, usedMs });
  const paths = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path);

  it('are none while there is room', () => {
    expect(leastRecentlyUsed([file('a', 5, 1), file('b', 5, 2)], 10)).to.deep.equal([]);
  });

  it('are those used longest ago, of two alike the larger one', () => {
    const files = [file('new', 6, 9), file('old', 3, 1), file('older', 1, 0), file('large', 4, 1)];
    expect(paths(leastRecentlyUsed(files, 9))).to.deep.equal(['older', 'large']);
    expect(paths(leastRecentlyUsed(files, 8))).to.deep.equal(['older', 'large', 'old']);
  });

  it('are never empty ones, which make no room', () => {
    expect(paths(leastRecentlyUsed([file('empty', 0, 0), file('a', 2, 1), file('b', 2, 2)], 2))).to.deep.equal(['a']);
  });

  it('leave no more than the limit, and none used before one of them', () => {
    const files = fc.array(fc.record({ size: fc.nat(100), usedMs: fc.nat(20) }), { maxLength: 40 });
    fc.assert(
      fc.property(files, fc.integer({ min: 1, max: 1000 }), (records, maxSize) => {
        const all = records.map((record, at) => ({ ...record, path: String(at) }));
        const gone = leastRecentlyUsed(all, maxSize);
        const kept = all.filter((one) => !gone.includes(one));
        const size = kept.reduce((sum, one) => sum + one.size, 0);
        const oldest = Math.min(...kept.filter((one) => one.size > 0).map((one) => one.usedMs));
        return size <= maxSize && gone.every((one) => one.usedMs <= oldest);
      }),
    );
  });

  describe('in a directory', () => {
    let dir: string;

    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'evict-'));
    });

    afterEach(() => rmSync(dir, { recursive: true }));

    function write(path: string, size: number, used: number): void {
      mkdirSync(join(dir, path, '..'), { recursive: true });
      writeFileSync(join(dir, path), Buffer.alloc(size));
      utimesSync(join(dir, path), used, used);
    }

    it('are removed, with what is excluded and links left alone', async () => {
      write('cache/00/old', 1000, 1);
      write('cache/00/new', 1000, 3);
      write('cache/01/older', 1000, 0);
      write('kept/oldest', 5000, 0);
      symlinkSync('../kept/oldest', join(dir, 'cache/link'));
      expect(await new Pace(() => {}).run(evict(dir, selectionOf([], ['kept']), 1500))).to.deep.equal({
        files: 2,
        bytes: 2000,
      });
      const left = ['cache/00/old', 'cache/00/new', 'cache/01/older', 'kept/oldest', 'cache/link'];
      expect(left.filter((path) => existsSync(join(dir, path)))).to.deep.equal([
        'cache/00/new',
        'kept/oldest',
        'cache/link',
      ]);
    });
  });
});

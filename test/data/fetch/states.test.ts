/** What a fetch knows of the files that it restored: with their states, the next fetch or upload reads none of them. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import { openStatCache } from '../../../shared/archive/stat-cache/stat-cache.ts';
import type { BuildOptions } from '../../support/entry/built-entry.ts';
import { useFetchBench } from './ground.ts';
import { ITEMS } from './items.ts';

describe('the states of files after a fetch', () => {
  const bench = useFetchBench();

  /** Paths that the next upload has to read. */
  function unknown(): readonly string[] {
    const statCache = openStatCache(bench.target, selectionOf([], []));
    if (statCache === undefined) throw new Error('no stat cache');
    const entries = [...statCache.entries()];
    statCache.close();
    expect(entries).to.have.length.above(0);
    return entries.filter(({ state }) => state.ino === 0).map(({ path }) => path);
  }

  const alone = ITEMS.filter(({ type }) => type !== 'hardlink');
  const ENTRIES: Readonly<Record<string, BuildOptions>> = {
    'files in one frame': { items: alone },
    'files over several frames': { items: alone, frameBytes: 64 * 512 },
    'files over several frames, and hard links': { items: ITEMS, frameBytes: 64 * 512 },
    'several layers': { items: alone, layerItems: 3, frameBytes: 4096 },
  };
  const parents = (paths: readonly string[]): BuildOptions['items'] =>
    paths.map((path) => ({ path, type: 'directory' }));

  for (const [name, entry] of Object.entries(ENTRIES)) {
    for (const above of [[], ['new'], ['new', 'new/deep']]) {
      it(`are known: ${name}${above.length === 0 ? '' : `, in ${above.length} new directories`}`, async () => {
        const below = (path: string): string => [...above.slice(-1), path].join('/');
        const items = entry.items.map((item) => ({
          ...item,
          path: below(item.path),
          ...(item.type === 'hardlink' ? { target: below(item.target ?? '') } : {}),
        }));
        await bench.put({ ...entry, items: [...parents(above), ...items] });
        await bench.fetch();
        expect(unknown()).to.deep.equal([]);
      });
    }

    it(`are known where there are no sources yet to compare times with: ${name}`, async () => {
      const comparedWith = join(bench.base, 'sources');
      fs.mkdirSync(comparedWith);
      await bench.put(entry);
      await bench.fetch({ comparedWith });
      expect(unknown()).to.deep.equal([]);
    });
  }
});

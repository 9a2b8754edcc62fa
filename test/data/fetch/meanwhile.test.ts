/** What becomes of files that another program writes while a fetch is at work in their directory. */
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { putEntry } from '../../support/entry/built-entry.ts';
import { fetchBeside, newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';
import type { Item } from '../../support/tree/item.ts';

const ENTRY = 'of the entry';
const PROGRAM = 'of a program';
/** So many take longer to come to their places than a file counts as just changed. */
const FILES = 5000;
const WRITER = `
  const fs = require('node:fs');
  const { sign, path, text } = require('node:worker_threads').workerData;
  while (!fs.existsSync(sign));
  fs.writeFileSync(path, text);
`;

const many: readonly Item[] = Array.from({ length: FILES }, (_, n) => ({
  path: `m${n}`,
  type: 'file',
  content: n === 0 ? ENTRY : String(n),
}));

for (const linked of [false, true]) {
  describe(`a file that another program writes while a fetch is at work${linked ? ', with hard links' : ''}`, () => {
    let bench: FetchBench;
    beforeEach(() => (bench = newFetchBench()));
    afterEach(() => bench.remove());

    const put = (items: readonly Item[]): Promise<unknown> =>
      putEntry(bench.store, 'v1', {
        items: linked ? [...items, { path: 'z', type: 'hardlink', target: 'm1' }] : items,
      });

    it('keeps its content and time where it was compared before, and is not taken for that of the entry later', async () => {
      await put([{ path: 'a', type: 'file', content: ENTRY }, ...many]);
      const path = join(bench.target, 'a');
      fs.writeFileSync(path, ENTRY);
      const state = join(bench.target, '.tekton-cache');
      const isCompared = (): boolean => fs.readdirSync(state).some((name) => name.startsWith('staging.'));
      const store = new Proxy(bench.store, {
        get: (real, name) => {
          if (name === 'readBlob' && isCompared()) fs.writeFileSync(path, PROGRAM);
          const value: unknown = Reflect.get(real, name);
          return typeof value === 'function' ? value.bind(real) : value;
        },
      });
      await bench.fetch({ store });
      expect(fs.readFileSync(path, 'utf8')).to.equal(PROGRAM);
      expect(fs.statSync(path).mtimeMs, 'tools tell by the time that it is newer').to.be.greaterThan(1.5e12);
      await bench.fetch();
      expect(fs.readFileSync(path, 'utf8')).to.equal(ENTRY);
    });

    it('is not taken for that of the entry later where it had just come to its place', async () => {
      await put(many);
      const path = join(bench.target, 'm0');
      const workerData = { sign: join(bench.target, 'm2'), path, text: PROGRAM };
      await fetchBeside(bench, WRITER, workerData);
      expect(fs.readFileSync(path, 'utf8')).to.equal(PROGRAM);
      await bench.fetch();
      expect(fs.readFileSync(path, 'utf8')).to.equal(ENTRY);
    });
  });
}

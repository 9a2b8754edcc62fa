import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchEntry } from '../../../shared/entry/fetch/fetch-entry.ts';
import { uploadEntry } from '../../../shared/entry/upload/upload-entry.ts';
import { newFetchBench, type FetchBench } from '../../support/entry/fetch-bench.ts';

describe('an entry of some directories', () => {
  let bench: FetchBench;

  beforeEach(async () => {
    bench = newFetchBench();
    const dir = join(bench.target, '..', 'made-of');
    for (const path of ['one/a', 'two/sub/b', 'three/c']) {
      fs.mkdirSync(join(dir, path, '..'), { recursive: true });
      fs.writeFileSync(join(dir, path), path);
    }
    const paths = ['one', 'two/sub'];
    await uploadEntry({ store: bench.store, reference: 'v1', aliases: [], dir, paths, exclude: [], force: false });
  });
  afterEach(() => bench.remove());

  const fetch = (...paths: string[]) =>
    fetchEntry({ store: bench.store, reference: 'v1', dir: bench.target, paths, exclude: [], clean: false });

  it('is a miss where other directories are wanted, as a hit would restore nothing', async () => {
    expect(await fetch('three')).to.deep.equal({ found: false, otherPaths: true });
    expect(await fetch('one', 'three')).to.deep.equal({ found: false, otherPaths: true });
    expect(fs.existsSync(join(bench.target, 'one'))).to.equal(false);
  });

  for (const wanted of [['one', 'two/sub'], ['one'], ['two'], []]) {
    it(`is a hit for ${wanted.join(' and ') || 'the whole workspace'}`, async () => {
      expect((await fetch(...wanted)).found).to.equal(true);
    });
  }
});

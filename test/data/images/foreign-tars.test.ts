import { execFileSync, spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import { newFetchBench } from '../../support/fetch-bench.ts';
import { plain, putImage } from '../../support/put-image.ts';
import { treePicture } from '../../support/tree-picture.ts';

/** Some of Go's say that they are larger than any disk. */
const MAX_BYTES = 10_000_000;

/** Type and content of each path: what the headers say of modes and times is not what these programs set. */
const contentsOf = (directory: string): string =>
  treePicture(directory)
    .map((line) => line.replace(/ (file|directory) \d+ -?\d+/, ' $1').replace(/ link -?\d+/, ' link'))
    .filter((line) => !line.includes(' special '))
    .join('\n');

type Outcome = 'same' | 'refused' | 'wrong';

async function compare(tar: Buffer): Promise<Outcome> {
  const bench = newFetchBench();
  try {
    await putImage(bench.store, 'v1', [plain(tar)]);
    try {
      await bench.fetch({ limits: { maxBytes: 1e9 } });
    } catch (error) {
      if (error instanceof CacheError && ['InvalidImage', 'TooLarge'].includes(error.code)) return 'refused';
      throw error;
    }
    const others = ['tar', 'bsdtar'].map((program) => {
      const into = fs.mkdtempSync(join(bench.base, `${program}-`));
      spawnSync(program, ['-x', '-f', '-', '-C', into], { input: tar });
      return contentsOf(into);
    });
    return others.includes(contentsOf(bench.target)) ? 'same' : 'wrong';
  } finally {
    bench.remove();
  }
}

describe('a tar of the tests of other implementations', function () {
  this.timeout(120_000);

  it('is the tree that GNU tar or bsdtar makes of it, or refused: archive/tar of Go', async () => {
    const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    const directory = join(root, 'src/archive/tar/testdata');
    const outcomes: Record<Outcome, string[]> = { same: [], refused: [], wrong: [] };
    for (const name of fs.readdirSync(directory).filter((file) => file.endsWith('.tar'))) {
      const tar = fs.readFileSync(join(directory, name));
      if (tar.length <= MAX_BYTES) outcomes[await compare(tar)].push(name);
    }
    expect(outcomes.wrong).to.deep.equal([]);
    expect(outcomes.same.length, outcomes.refused.join(' ')).to.be.at.least(28);
  });
});

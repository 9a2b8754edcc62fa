import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { compareReaders, type Outcome } from '../../support/foreign-tars/compare.ts';

/** Some of Go's say that they are larger than any disk. */
const MAX_BYTES = 10_000_000;

describe('a tar of the tests of other implementations', function () {
  this.timeout(120_000);

  it('is the tree that GNU tar or bsdtar makes of it, or refused: archive/tar of Go', async () => {
    const root = execFileSync('go', ['env', 'GOROOT'], { encoding: 'utf8' }).trim();
    const directory = join(root, 'src/archive/tar/testdata');
    const outcomes: Record<Outcome, string[]> = { same: [], refused: [], wrong: [] };
    for (const name of fs.readdirSync(directory).filter((file) => file.endsWith('.tar'))) {
      const tar = fs.readFileSync(join(directory, name));
      if (tar.length <= MAX_BYTES) outcomes[(await compareReaders(tar)).outcome].push(name);
    }
    expect(outcomes.wrong).to.deep.equal([]);
    expect(outcomes.same.length, outcomes.refused.join(' ')).to.be.at.least(28);
  });
});

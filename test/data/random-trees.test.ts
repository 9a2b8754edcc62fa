import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { restoresExactly, WAYS } from '../support/entry/trees-over-trees.ts';

describe('a random tree over another one, with hard links', function () {
  this.timeout(120_000);
  let top: string;
  beforeEach(() => (top = fs.mkdtempSync(join(tmpdir(), 'random-trees-'))));
  afterEach(() => fs.rmSync(top, { recursive: true }));

  for (const [how, put] of Object.entries(WAYS)) {
    it(`is restored exactly from ${how}`, async () => {
      await restoresExactly(put, top, { numRuns: 60 });
    });
  }
});

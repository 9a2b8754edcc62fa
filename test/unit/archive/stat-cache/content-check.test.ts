import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ContentCheck } from '../../../../shared/archive/stat-cache/content-check.ts';
import { Pace } from '../../../../shared/pace.ts';

const MIB = 1024 * 1024;

describe('the content of a file that may be there already', () => {
  let dir: string;
  beforeEach(() => (dir = fs.mkdtempSync(join(tmpdir(), 'content-'))));
  afterEach(() => fs.rmSync(dir, { recursive: true, force: true }));

  const digest = async (path: string): Promise<string | undefined> =>
    await new Pace(() => {}).run(new ContentCheck(dir, undefined).digest({ path }));

  for (const size of [0, 1, MIB - 1, MIB, MIB + 1, 2 * MIB]) {
    it(`is known by all of its bytes, also where they are ${size}`, async () => {
      const content = Buffer.alloc(size, 'content');
      fs.writeFileSync(join(dir, 'file'), content);
      expect(await digest('file')).to.equal(createHash('sha256').update(content).digest('hex'));
    });
  }

  it('is not known where a pipe, a device, a link or nothing has come in the place of the file, and none is waited for', async () => {
    fs.writeFileSync(join(dir, 'other'), 'other');
    fs.symlinkSync('other', join(dir, 'link'));
    fs.symlinkSync('/dev/zero', join(dir, 'device'));
    execFileSync('mkfifo', [join(dir, 'pipe')]);
    for (const path of ['link', 'device', 'pipe', 'nothing']) expect(await digest(path), path).to.equal(undefined);
  });
});

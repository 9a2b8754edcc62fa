import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fsTime, setAttributes, timesOfNs, type Times } from '../../../../shared/archive/files/attributes.ts';
import { finishFile } from '../../../../shared/archive/unpack/file-writer.ts';

/** A double of seconds between 2004 and 2038. */
const GRAIN_NS = 239;

describe('the time of a file', () => {
  let dir: string;
  before(() => {
    dir = fs.mkdtempSync(join(tmpdir(), 'times-'));
    fs.writeFileSync(join(dir, 'file'), '');
    fs.mkdirSync(join(dir, 'directory'));
    fs.symlinkSync('file', join(dir, 'link'));
  });
  after(() => fs.rmSync(dir, { recursive: true }));

  const setAt = (name: string, times: Times): bigint => {
    const path = join(dir, name);
    if (name !== 'open file') setAttributes(path, { mode: 0o700, ...times });
    else {
      const fd = fs.openSync(join(dir, 'file'), 'r');
      finishFile(fd, { mode: 0o700, ...times });
      fs.closeSync(fd);
    }
    return fs.lstatSync(name === 'open file' ? join(dir, 'file') : path, { bigint: true }).mtimeNs;
  };
  const wantedNs = ({ mtimeSec, mtimeNs }: Times): bigint => BigInt(mtimeSec) * 1_000_000_000n + BigInt(mtimeNs);

  const SECONDS = [1_700_000_505, 1_700_000_504, 1_073_741_824, 100, 1, 0, -2, -5, -1_000_000_000];
  const NANOSECONDS = [0, 1, 237, 238, 239, 123_456_789, 500_000_000, 999_999_761, 999_999_800, 999_999_999];

  for (const name of ['file', 'directory', 'link', 'open file']) {
    it(`is never set to a later one, and to an earlier one only by what a double leaves out: ${name}`, () => {
      for (const mtimeSec of SECONDS) {
        for (const mtimeNs of [...NANOSECONDS, Math.floor(Math.random() * 1e9)]) {
          const times = { mtimeSec, mtimeNs };
          const earlier = Number(wantedNs(times) - setAt(name, times));
          expect(earlier, `${mtimeSec} ${mtimeNs}`).to.be.within(0, mtimeNs === 0 ? 0 : GRAIN_NS);
        }
      }
    });
  }

  it('that was set and read is set to the same again', () => {
    for (let i = 0; i < 200; i++) {
      const first = setAt('file', { mtimeSec: 1_700_000_000 + i, mtimeNs: Math.floor(Math.random() * 1e9) });
      expect(setAt('file', timesOfNs(first))).to.equal(first);
    }
  });

  it('keeps the order of two', () => {
    for (let i = 0; i < 200; i++) {
      const [a = 0, b = 0] = [Math.random(), Math.random()]
        .map((part) => Math.floor(part * 2000))
        .toSorted((x, y) => x - y);
      const at = (mtimeNs: number): number => Number(fsTime({ mtimeSec: 1_700_000_000, mtimeNs }));
      expect(at(a)).to.be.at.most(at(b));
    }
  });
});

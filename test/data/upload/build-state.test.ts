import * as fs from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EvictionRule } from '../../../shared/entry/entry.ts';
import { IDLE_UPLOADS } from '../../../shared/entry/upload/evict/idle.ts';
import { until } from '../../support/deadline.ts';
import { newUploadBench, noise, type UploadBench } from '../../support/entry/upload-bench.ts';

const HOUR = 60 * 60 * 1000;
const BY_TOOL: EvictionRule = { files: ['go/**'], unit: 'file', usedBy: 'mtime', markedEveryMs: HOUR };
const BY_DIRECTORY: EvictionRule = { ...BY_TOOL, files: ['go/*'] };
const BY_KERNEL: EvictionRule = { files: ['target/**'], unit: 'hash', usedBy: 'atime', markedEveryMs: 0 };
const BUILDS = 12;

/** Each commit changes some of what is built: a build uses what stays, and makes the rest anew. */
describe('build state over many commits', function () {
  this.timeout(120_000);
  let bench: UploadBench;

  beforeEach(() => {
    bench = newUploadBench();
  });
  afterEach(() => bench.remove());

  /** What a build of one commit needs: 20 files that stay, 5 that the commit changed. */
  const needed = (commit: number, name: (id: string) => string) => [
    ...Array.from({ length: 20 }, (_, at) => name(`stays${at}`)),
    ...Array.from({ length: 5 }, (_, at) => name(`commit${commit}-${at}`)),
  ];

  /** In a new directory each time, as in a Pipeline; the sizes of the entries. */
  async function builds(eviction: EvictionRule, build: (dir: string, commit: number) => void): Promise<number[]> {
    const sizes: number[] = [];
    for (let commit = 1; commit <= BUILDS; commit++) {
      const dir = join(bench.base, `build-${commit}`);
      fs.mkdirSync(dir);
      if (commit > 1) await bench.restored(bench.target, dir);
      await pastGrain(dir);
      build(dir, commit);
      sizes.push((await bench.upload({ dir, eviction })).size);
    }
    return sizes;
  }

  /** Times of what comes next are later than all that are there. */
  async function pastGrain(dir: string): Promise<void> {
    const probe = join(bench.base, 'probe');
    const latest = Math.max(fs.statSync(dir).ctimeMs, Date.now());
    await until('the file system to give later times', 5000, async () => {
      fs.writeFileSync(probe, '');
      return fs.statSync(probe).ctimeMs > latest;
    });
  }

  function writeNew(path: string): void {
    fs.mkdirSync(join(path, '..'), { recursive: true });
    fs.writeFileSync(path, noise(1000, path.length));
  }

  /** Go keeps a program of `go run` in a directory, and marks that. */
  const SHAPES = [
    { title: 'a file', rule: BY_TOOL, product: (marked: string) => marked },
    { title: 'the directory of a program', rule: BY_DIRECTORY, product: (marked: string) => join(marked, 'program') },
  ];
  for (const { title, rule, product } of SHAPES) {
    it(`is bounded where the tool marks ${title} that it uses, at most once an hour`, async () => {
      let made = 0;
      const sizes = await builds(rule, (dir, commit) => {
        for (const marked of needed(commit, (id) => join(dir, 'go', id))) {
          const stats = fs.statSync(marked, { throwIfNoEntry: false });
          const now = Date.now();
          if (stats === undefined) {
            writeNew(product(marked));
            made++;
          } else if (now - stats.mtimeMs >= HOUR) fs.utimesSync(marked, now / 1000, now / 1000);
        }
      });
      expect(made, 'what each build uses stays').to.equal(20 + BUILDS * 5);
      const fresh = 25 * 1000;
      const idle = (IDLE_UPLOADS - 1) * 5 * 1000;
      // The record of what was not used is a part of the entry.
      expect(sizes.at(-1)).to.be.within(fresh + idle, fresh + idle + 2000);
      expect(Math.max(...sizes)).to.be.at.most(fresh + idle + 2000);
    });
  }

  it('is bounded where the kernel marks what is read', async function () {
    const hash = (id: string) => Buffer.from(id).toString('hex').padEnd(16, '0').slice(-16);
    const marks = new Set<boolean>();
    const sizes = await builds(BY_KERNEL, (dir, commit) => {
      for (const id of needed(commit, (id) => id)) {
        const fingerprint = join(dir, 'target', `.fingerprint/x-${hash(id)}/x`);
        const product = join(dir, 'target', `deps/libx-${hash(id)}.rlib`);
        if (fs.existsSync(fingerprint)) {
          const before = fs.statSync(fingerprint).atimeMs;
          fs.readFileSync(fingerprint);
          marks.add(fs.statSync(fingerprint).atimeMs > before);
        } else for (const file of [fingerprint, product]) writeNew(file);
      }
    });
    // A volume that is mounted with `noatime` keeps everything.
    const [fresh, idle] = [25 * 2000, (IDLE_UPLOADS - 1) * 5 * 2000];
    if (marks.has(false)) expect(sizes.at(-1)).to.be.at.least(fresh + (BUILDS - 1) * 5 * 2000);
    else expect(sizes.at(-1)).to.be.within(fresh + idle, fresh + idle + 2000);
  });

  it('makes the same entry of the same sources on one day', async () => {
    const mark = (): void => {
      for (const at of Array(5).keys()) {
        const file = join(bench.dir, `go/${at}`);
        if (!fs.existsSync(file)) writeNew(file);
        else fs.utimesSync(file, Date.now() / 1000, Date.now() / 1000);
      }
    };
    const today = () => Math.floor(Date.now() / (24 * HOUR));
    for (let day: number; ;) {
      day = today();
      mark();
      const { digest } = await bench.upload({ eviction: BY_TOOL });
      mark();
      const again = await bench.upload({ eviction: BY_TOOL });
      if (today() !== day) continue;
      expect([again.reason, again.digest]).to.deep.equal(['unchanged', digest]);
      break;
    }
  });
});

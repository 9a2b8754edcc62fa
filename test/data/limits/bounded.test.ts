import { createHash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { selectionOf } from '../../../shared/archive/paths/selection.ts';
import { walked } from '../../support/tree/walked.ts';
import { canLimitMemory, runLimited } from '../../support/process/memory-limit.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';

const MIB = 1024 * 1024;
/** `BOUNDED_FILES=1000000 BOUNDED_BYTES=21474836480` is what the limit of 256 MiB is for; less has to do with less, or it would show nothing. */
const FILES = Number(process.env['BOUNDED_FILES'] ?? 100_000);
const BYTES = Number(process.env['BOUNDED_BYTES'] ?? 512 * MIB);
const FILES_LIMIT = (FILES < 500_000 ? 192 : 256) * MIB;
/** Pages on their way to a disk count as well, and a busy disk takes its time: of those the kernel can take none back. */
const WRITE_LIMIT = 256 * MIB;
const BYTES_LIMIT = (BYTES < 4096 * MIB ? 216 : 256) * MIB;

describe('memory does not grow with a cache', function () {
  this.timeout(3_600_000);
  let base: string;
  let dir: string;
  let out: string;
  let registry: RunningRegistry;

  before(async function () {
    if (!(await canLimitMemory(tmpdir()))) this.skip();
    registry = await startRegistry();
  });
  after(() => registry?.stop());
  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'bounded-'));
    [dir, out] = [join(base, 'workspace'), join(base, 'out')];
    fs.mkdirSync(dir);
    fs.mkdirSync(out);
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  const program = (name: string): string => join(import.meta.dirname, '..', '..', 'support', 'transfer-process', name);
  const upload = (limit: number, name: string): Promise<number> =>
    runLimited(limit, process.execPath, [program('upload-process.ts'), `${registry.host}/bounded/${name}:1`, dir]);
  const fetch = (limit: number, name: string): Promise<number> =>
    runLimited(limit, process.execPath, [program('fetch-process.ts'), `${registry.host}/bounded/${name}:1`, '1', out]);

  it(`of ${FILES} files, uploaded, uploaded again after a change, and fetched`, async () => {
    for (let i = 0; i < FILES; i++) {
      const folder = join(dir, `d${Math.floor(i / 10_000)}`, `e${Math.floor(i / 100) % 100}`);
      if (i % 100 === 0) fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(join(folder, `f${i}.js`), `${i} `.repeat(50 + ((i * 7919) % 200)));
    }
    await upload(FILES_LIMIT, 'files');
    fs.writeFileSync(join(dir, 'd0', 'new'), 'new');
    await upload(FILES_LIMIT, 'files');
    await fetch(WRITE_LIMIT, 'files');
    expectSameFiles(out, dir);
  });

  it(`of one file of ${Math.round(BYTES / MIB)} MiB that cannot be compressed`, async () => {
    const digest = createHash('sha256');
    const file = fs.openSync(join(dir, 'large'), 'w');
    for (let written = 0; written < BYTES; written += 8 * MIB) {
      const bytes = randomBytes(Math.min(8 * MIB, BYTES - written));
      fs.writeSync(file, bytes);
      digest.update(bytes);
    }
    fs.closeSync(file);
    await upload(BYTES_LIMIT, 'large');
    await fetch(BYTES_LIMIT, 'large');
    const restored = createHash('sha256');
    for await (const chunk of fs.createReadStream(join(out, 'large'))) restored.update(chunk);
    expect(restored.digest('hex')).to.equal(digest.digest('hex'));
  });
});

/** Names, types, sizes and times, one by one: a picture of a million files would not be bounded either. */
function expectSameFiles(restored: string, original: string): void {
  const found = walked(restored, selectionOf([], []));
  for (const { path, type, stats } of walked(original, selectionOf([], []))) {
    const other = found.next().value;
    const same =
      other?.path === path &&
      other.type === type &&
      (type === 'directory' || other.stats.size === stats.size) &&
      Math.abs(other.stats.mtimeMs - stats.mtimeMs) < 0.001;
    if (!same) expect.fail(`${path} is not as it was`);
  }
  expect(found.next().done).to.equal(true);
}

import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../../shared/errors.ts';
import type { FilePart } from '../../../../shared/archive/unpack/extract-frame.ts';
import { FileSums, type SumTask } from '../../../../shared/archive/unpack/file-sums.ts';
import { LargeFiles } from '../../../../shared/archive/unpack/large-files.ts';
import type { FileEntry } from '../../../../shared/archive/entries/tree-entry.ts';

const PART = 1000;
const content = Buffer.from(Array.from({ length: 3500 }, (_, n) => n % 251));

describe('a file that comes in parts', () => {
  let tree: string;
  let tasks: SumTask[];
  let files: LargeFiles;
  const entry: FileEntry = {
    type: 'file',
    path: 'large',
    layer: 0,
    frame: 0,
    offset: 512,
    mode: 0o640,
    mtimeSec: 1_600_000_000,
    mtimeNs: 0,
    size: content.length,
    digest: createHash('sha256').update(content).digest('hex'),
  };
  const write = (number: number, bytes = content): void => {
    const position = number * PART;
    const length = Math.min(PART, content.length - position);
    const fd = fs.openSync(join(tree, 'large'), fs.constants.O_WRONLY | fs.constants.O_CREAT);
    fs.writeSync(fd, bytes, position, length, position);
    fs.closeSync(fd);
    const part: FilePart = { entry, offset: 0, length, position };
    files.written(part);
  };

  beforeEach(() => {
    tree = fs.mkdtempSync(join(tmpdir(), 'large-'));
    tasks = [];
    const sums = new FileSums();
    files = new LargeFiles(tree, (task, done) => {
      tasks.push(task);
      done(sums.add(task));
    });
  });
  afterEach(() => fs.rmSync(tree, { recursive: true }));

  it('is read as soon as all before it is written, whatever the order', () => {
    write(1);
    expect(tasks).to.have.length(0);
    write(0);
    write(3);
    write(2);
    expect(tasks.map(({ from, to, last }) => [from, to, last])).to.deep.equal([
      [0, 2000, false],
      [2000, 3500, true],
    ]);
  });

  it('gets its mode when its digest is right', () => {
    for (const number of [3, 2, 1, 0]) write(number);
    files.finish(entry);
    expect(fs.statSync(join(tree, 'large')).mode & 0o777).to.equal(0o640);
  });

  it('is refused when one part is of another file', () => {
    for (const number of [0, 1, 3]) write(number);
    write(2, Buffer.alloc(content.length, 7));
    expect(() => files.finish(entry)).to.throw(CacheError, 'does not have its digest');
  });

  it('is refused when a part is missing', () => {
    for (const number of [0, 1, 3]) write(number);
    expect(() => files.finish(entry)).to.throw(CacheError, 'does not have its digest');
  });

  it('is refused when there is more of it than there should be', () => {
    fs.writeFileSync(join(tree, 'large'), Buffer.alloc(content.length + 1));
    for (const number of [0, 1, 2, 3]) write(number);
    expect(() => files.finish(entry)).to.throw(CacheError, 'does not have its digest');
  });
});

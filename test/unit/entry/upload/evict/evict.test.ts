import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { until } from '../../../../support/deadline.ts';
import { Pace } from '../../../../../shared/pace.ts';
import { selectionOf } from '../../../../../shared/archive/paths/selection.ts';
import type { EvictionRule } from '../../../../../shared/entry/entry.ts';
import { evict } from '../../../../../shared/entry/upload/evict/evict.ts';
import type { Bounds } from '../../../../../shared/entry/upload/evict/evict.ts';
import { IDLE_UPLOADS } from '../../../../../shared/entry/upload/evict/idle.ts';
import { RECORD_NAME } from '../../../../../shared/entry/upload/evict/idle-record.ts';

const HOUR = 60 * 60;
const GO: EvictionRule = { files: ['cache/??/*'], unit: 'file', usedBy: 'mtime', markedEveryMs: HOUR * 1000 };

describe('what a cache does without, in its directory', () => {
  let dir: string;

  beforeEach(() => {
    dir = fs.mkdtempSync(join(tmpdir(), 'evict-'));
  });

  afterEach(() => fs.rmSync(dir, { recursive: true }));

  /** @param used seconds since 1970 */
  function write(path: string, size: number, used: number): void {
    fs.mkdirSync(join(dir, path, '..'), { recursive: true });
    fs.writeFileSync(join(dir, path), Buffer.alloc(size));
    fs.utimesSync(join(dir, path), used, used);
  }

  const run = (bounds: Bounds, exclude: readonly string[] = []) =>
    new Pace(() => {}).run(evict(dir, selectionOf([], exclude), bounds));
  const left = (paths: readonly string[]) => paths.filter((path) => fs.existsSync(join(dir, path)));
  const mtime = (path: string) => fs.statSync(join(dir, path)).mtimeMs / 1000;

  it('is removed for want of room, with what is excluded and links left alone', async () => {
    write('cache/00/old', 1000, 1);
    write('cache/00/new', 1000, 3);
    write('cache/01/older', 1000, 0);
    write('kept/oldest', 5000, 0);
    fs.symlinkSync('../kept/oldest', join(dir, 'cache/link'));
    const { notes } = await run({ maxSize: 1500 }, ['kept']);
    expect(notes).to.deep.equal([
      '2 files of 2000 bytes were removed: they were used longest ago, and the limit is 1500.',
    ]);
    expect(left(['cache/00/old', 'cache/00/new', 'cache/01/older', 'kept/oldest', 'cache/link'])).to.deep.equal([
      'cache/00/new',
      'kept/oldest',
      'cache/link',
    ]);
    expect(left(['cache/01']), 'its directory is empty').to.deep.equal([]);
  });

  it('is never what the rule does not name, such as the configuration of a tool', async () => {
    write('cache/tool.conf', 1000, 0);
    write('cache/00/a', 1000, 1);
    await run({ maxSize: 1, rule: GO });
    expect(left(['cache/tool.conf', 'cache/00/a'])).to.deep.equal(['cache/tool.conf']);
  });

  it('goes as a whole by the time of its directory, where the rule names that and not what is in it', async () => {
    const now = Date.now() / 1000;
    for (const [at, used] of [1, 3, now - 60].entries()) {
      write(`cache/00/${at}/program`, 1000, 2);
      fs.utimesSync(join(dir, `cache/00/${at}`), used, used);
    }
    write('cache/00/file', 1000, 4);
    await run({ maxSize: 3000, rule: GO });
    expect(left(['cache/00/0', 'cache/00/1/program', 'cache/00/2/program', 'cache/00/file'])).to.deep.equal([
      'cache/00/1/program',
      'cache/00/2/program',
      'cache/00/file',
    ]);
    expect(mtime('cache/00/2')).to.be.at.most(now - HOUR);
    expect(mtime('cache/00/2/program')).to.equal(2);
  });

  it('has its marks settled, so that the tool sets new ones and a day makes one entry', async () => {
    const now = Date.now() / 1000;
    write('cache/00/marked', 10, now - 60);
    write('cache/00/older', 10, now - 2 * 24 * HOUR);
    write('cache/README', 10, now - 60);
    await run({ rule: GO });
    expect(mtime('cache/00/marked')).to.be.at.most(now - HOUR);
    expect(mtime('cache/00/marked')).to.be.at.least(now - 25 * HOUR - 1);
    expect(mtime('cache/00/older')).to.be.closeTo(now - 2 * 24 * HOUR, 1);
    expect(mtime('cache/README')).to.be.closeTo(now - 60, 1);
    const settled = mtime('cache/00/marked');
    fs.utimesSync(join(dir, 'cache/00/marked'), now, now);
    await run({ rule: GO });
    expect(mtime('cache/00/marked') - settled).to.be.oneOf([0, 24 * HOUR]);
  });

  it('counts an upload that is tried again over the same state once', async () => {
    fs.mkdirSync(join(dir, '.tekton-cache'));
    write('cache/00/idle', 10, 1);
    const idleSinceMs = fs.statSync(join(dir, 'cache/00/idle')).ctimeMs;
    await until('a later time of the file system', 5000, async () => {
      write('cache/00/used', 10, Date.now() / 1000);
      return fs.statSync(join(dir, 'cache/00/used')).ctimeMs > idleSinceMs + 3;
    });
    for (let tries = 0; tries < 5; tries++) await run({ rule: GO, sinceMs: idleSinceMs });
    expect(left(['cache/00/idle', 'cache/00/used'])).to.deep.equal(['cache/00/idle', 'cache/00/used']);
    for (const laterMs of [1, 2]) await run({ rule: GO, sinceMs: idleSinceMs + laterMs });
    expect(left(['cache/00/idle', 'cache/00/used'])).to.deep.equal(['cache/00/used']);
  });

  it('goes for want of use whatever bytes its name has, and a record that says the same is not written again', async () => {
    const idle = ['cache/00/grüße', 'cache/00/\u2028', 'cache/00/plain'];
    for (const path of idle) write(path, 10, 1);
    fs.writeFileSync(Buffer.from(join(dir, 'cache/00/\xff'), 'latin1'), 'no UTF-8');
    fs.lutimesSync(Buffer.from(join(dir, 'cache/00/\xff'), 'latin1'), 1, 1);
    const idleSinceMs = Math.max(...idle.map((path) => fs.statSync(join(dir, path)).ctimeMs)) + 1;
    await until('a later time of the file system', 5000, async () => {
      write('cache/00/used', 10, Date.now() / 1000);
      return fs.statSync(join(dir, 'cache/00/used')).ctimeMs > idleSinceMs;
    });
    await run({ rule: GO, sinceMs: idleSinceMs });
    const recorded = fs.statSync(join(dir, RECORD_NAME), { bigint: true });
    fs.mkdirSync(join(dir, '.tekton-cache'));
    fs.writeFileSync(join(dir, '.tekton-cache/judged'), String(idleSinceMs));
    await run({ rule: GO, sinceMs: idleSinceMs });
    expect(fs.statSync(join(dir, RECORD_NAME), { bigint: true }).ctimeNs).to.equal(recorded.ctimeNs);
    fs.rmSync(join(dir, '.tekton-cache'), { recursive: true });
    for (let uploads = 2; uploads <= IDLE_UPLOADS; uploads++) await run({ rule: GO, sinceMs: idleSinceMs });
    expect(fs.readdirSync(join(dir, 'cache/00'))).to.deep.equal(['used']);
  });

  it('leaves a record that is written through no link', async () => {
    write('cache/00/used', 10, 1);
    write('cache/00/idle', 10, 1);
    write('victim', 5, 1);
    fs.symlinkSync('victim', join(dir, RECORD_NAME));
    const sinceMs = fs.statSync(join(dir, 'cache/00/idle')).ctimeMs;
    const now = Date.now() / 1000;
    // Times of the file system have a grain.
    do fs.utimesSync(join(dir, 'cache/00/used'), now, now);
    while (fs.statSync(join(dir, 'cache/00/used')).ctimeMs <= sinceMs);
    await run({ rule: GO, sinceMs });
    expect(fs.statSync(join(dir, 'victim')).size).to.equal(5);
    expect(fs.lstatSync(join(dir, RECORD_NAME)).isFile()).to.equal(true);
    expect(fs.readFileSync(join(dir, RECORD_NAME), 'utf8')).to.equal('{"uploadsWithoutUse":[["cache/00/idle",1]]}\n');
  });
});

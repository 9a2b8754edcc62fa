/** What the command line opens of a tree that has not changed, seen from outside. */
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { fetchCommand, uploadCommand } from '../../bench/product.ts';
import { until } from '../../support/deadline.ts';
import { traceOpens, whyNoTrace } from '../../support/process/open-trace.ts';

describe('of a tree with a stat cache', function () {
  this.timeout(120_000);
  let base: string;
  let dir: string;

  before(async function () {
    const reason = await whyNoTrace();
    if (reason === undefined) return;
    console.log(`      ${reason}`);
    this.skip();
  });
  beforeEach(async () => {
    base = fs.mkdtempSync(join(tmpdir(), 'opened-'));
    dir = join(base, 'tree');
    for (let i = 0; i < 200; i++) {
      fs.mkdirSync(join(dir, `d${i % 10}`), { recursive: true });
      fs.writeFileSync(join(dir, `d${i % 10}/f${i}`), `content ${i}`);
    }
    const last = Date.now();
    await until('the clock to pass the grain of times', 5000, () => Promise.resolve(Date.now() > last + 40));
    expect(opened(uploadCommand(target(), dir))).to.have.length.above(0);
  });
  afterEach(() => fs.rmSync(base, { recursive: true, force: true }));

  const target = (): string => `oci:${join(base, 'layout')}:v1`;
  const opened = (commandLine: string): string[] =>
    traceOpens(`${commandLine} >${join(base, 'results')}`, dir, join(base, 'trace'));

  it('an upload opens no file', () => {
    expect(opened(uploadCommand(target(), dir))).to.deep.equal([]);
  });

  it('an upload opens just the files that changed', () => {
    fs.appendFileSync(join(dir, 'd3/f13'), 'more');
    fs.writeFileSync(join(dir, 'd3/new'), 'new');
    const files = new Set(opened(uploadCommand(target(), dir)));
    expect([...files].toSorted()).to.deep.equal([join(dir, 'd3/f13'), join(dir, 'd3/new')]);
  });

  it('a fetch opens no file when nothing is missing', () => {
    expect(opened(fetchCommand(target(), dir))).to.deep.equal([]);
  });
});

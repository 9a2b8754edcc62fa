import { expect } from 'chai';

import type { Measured, MeasuredRun } from '../../../../support/samples/ecosystem/measure.ts';
import { complaints, tableOf } from '../../../../support/samples/ecosystem/report.ts';
import { figuresIn, merged, withFigures } from '../../../../support/samples/marked-figures.ts';
import { asMarkdown } from '../../../../support/samples/text-table.ts';

const cold: MeasuredRun = {
  log: { lines: [], seconds: 12.34 },
  seconds: 40,
  downloads: 7,
  compilations: 3,
  fetch: { fetched: 'false', hit: 'false' },
  upload: { uploaded: 'true', bytes: '1500000' },
};
const warm: MeasuredRun = {
  log: { lines: [], seconds: 2 },
  seconds: 20,
  downloads: 0,
  compilations: 0,
  fetch: { fetched: 'true', hit: 'true', size: '3000000' },
  upload: { uploaded: 'false', bytes: '0' },
};
const measured = (changes: Partial<Measured> = {}): Measured => ({
  sample: 'x',
  alwaysCompiled: 0,
  expected: 'exact',
  way: { name: 'pipelinerun', title: '`preset`' },
  cold,
  warm,
  ...changes,
});

describe('what a sample with a preset has to show', () => {
  it('is content when the warm run did nothing again', () => {
    expect(complaints([measured()])).to.deep.equal([]);
  });

  it('names each work of the warm run', () => {
    const busy = { ...warm, downloads: 1, compilations: 2, fetch: { hit: 'false', reason: 'not-found' } };
    expect(complaints([measured({ warm: busy })])).to.deep.equal([
      'x, pipelinerun: the warm run had no hit: not-found',
      'x, pipelinerun: the warm run downloaded 1 packages',
      'x, pipelinerun: the warm run compiled 2 times',
    ]);
    expect(complaints([measured({ alwaysCompiled: 2, warm: { ...warm, compilations: 2 } })])).to.deep.equal([]);
  });

  it('lets the first run of a branch begin with the entry of another one', () => {
    const first = { ...warm, fetch: { fetched: 'true', hit: 'false' } };
    expect(complaints([measured({ warm: first })])).to.have.length(1);
    expect(complaints([measured({ expected: 'any', warm: first })])).to.deep.equal([]);
  });

  it('takes no warm run for proof after a cold one that had nothing to do, or left nothing', () => {
    const idle = { ...cold, downloads: 0, compilations: undefined, fetch: { fetched: 'true' }, upload: {} };
    expect(complaints([measured({ cold: idle })])).to.have.length(3);
  });
});

describe('the figures in a README', () => {
  const README = '# x\n\n<!-- from the runner: figures -->\nstale\n<!-- end -->\nafter\n';

  it('are written between the marks, and read back from there', () => {
    const table = tableOf([measured()]);
    const text = withFigures(README, ['Once.', '', ...asMarkdown(table)]);
    expect(text).to.match(/^# x\n\n<!-- from the runner: figures -->\n\nOnce\.\n/);
    expect(text).to.match(/\n<!-- end -->\nafter\n$/).and.not.to.include('stale');
    expect(figuresIn(text)).to.deep.equal(table.slice(1));
    expect(figuresIn(text)[0]).to.deep.equal(['`preset`', 'cold', '12.3 s', '40 s', '7', '3', '-', '1.5 MB']);
  });

  it('of a way that was not run this time stay', () => {
    const old = [
      ['`preset`', 'cold', 'old'],
      ['', 'warm', 'old'],
      ['CustomRuns', 'cold', 'old'],
      ['', 'warm', 'old'],
    ];
    const table = tableOf([measured()]);
    expect(merged(old, table)).to.deep.equal([...table, ...old.slice(2)]);
    expect(merged([], table)).to.deep.equal(table);
  });

  it('are not written where no mark says where', () => {
    expect(() => withFigures('# x\n', [])).to.throw('from the runner: figures');
  });
});

import { expect } from 'chai';

import { readReport } from '../../../../../controller/cache-run/outcome/report.ts';
import { initialResults, joinResults } from '../../../../../shared/interface/results/join-results.ts';

const FETCH = { verb: 'fetch', caches: ['modules'] } as const;
const UPLOAD = { verb: 'upload', caches: ['a', 'b'] } as const;
const read = (value: unknown, subject: Parameters<typeof readReport>[1] = FETCH) =>
  readReport(JSON.stringify(value), subject);
const reportOf = (results: unknown, more: object = {}) => ({ version: 1, results, message: 'hit', ...more });

describe('the report of a helper', () => {
  it('is taken as it was written', () => {
    const results = joinResults('upload', [
      {
        name: 'a',
        results: { uploaded: 'true', bytes: '12', size: '9007199254740', target: 'r/c:1', reason: 'pushed' },
      },
      { name: 'b', results: { reason: 'unchanged' } },
    ]);
    const report = reportOf(results, { failure: { code: 'Unreachable', message: 'no answer' } });
    expect(read(report, UPLOAD)).to.deep.equal({ report });
  });

  it('has every result: one that it leaves out has its initial value, and unknown ones are dropped', () => {
    const reading = read(reportOf({ hit: 'true', 'other-hit': 'true', more: { than: 'text' } }));
    expect(reading).to.deep.equal({ report: reportOf({ ...initialResults('fetch', ['modules']), hit: 'true' }) });
  });

  const hostile: readonly (readonly [string, unknown])[] = [
    ['results that are null', reportOf(null)],
    ['results that are a list', reportOf(['hit'])],
    ['no results', { version: 1, message: '' }],
    ['a message that is no text', reportOf({}, { message: 7 })],
    ['a message without end', reportOf({}, { message: 'm'.repeat(4000) })],
    ['a result that is no text', reportOf({ hit: true })],
    ['a result without end', reportOf({ target: 't'.repeat(4000) })],
    ['a result of a cache that is of another kind', reportOf({ 'modules-hit': 'maybe' })],
    ['a match that there is not', reportOf({ match: 'nearly' })],
    ['a failure that is no object', reportOf({}, { failure: 'Unreachable' })],
    ['a failure whose code is a sentence', reportOf({}, { failure: { code: 'It failed.', message: '' } })],
    ['a failure that is null', reportOf({}, { failure: null })],
  ];
  for (const [what, value] of hostile) {
    it(`is none with ${what}, and that is said`, () => {
      expect(read(value)).to.have.property('problem').that.is.a('string');
    });
  }

  for (const number of ['Infinity', '-1', '1e400', '1.5', 'NaN', '0x10', '', ' 1', '9'.repeat(30)]) {
    it(`is none with a number of bytes of ${JSON.stringify(number)}`, () => {
      expect(read(reportOf({ bytes: number }), UPLOAD)).to.deep.equal({
        problem: 'its result `bytes` is of another kind',
      });
    });
  }

  for (const text of [
    '',
    'null',
    '[]',
    '7',
    '{',
    '{"version":2,"results":{},"message":""}',
    `"${'x'.repeat(20_000)}"`,
  ]) {
    it(`is none, but other text: ${text.slice(0, 40)}`, () => expect(readReport(text, FETCH)).to.deep.equal({}));
  }

  it('has a rule for every result of the table', () => {
    for (const verb of ['fetch', 'upload'] as const) {
      const results = initialResults(verb, ['c']);
      expect(read(reportOf(results), { verb, caches: ['c'] })).to.deep.equal({ report: reportOf(results) });
    }
  });
});

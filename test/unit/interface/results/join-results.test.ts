import { expect } from 'chai';
import { initialResults, joinResults } from '../../../../shared/interface/results/join-results.ts';
import { BEST_TO_WORST, REASONS, RESULTS } from '../../../../shared/interface/results/results.ts';

const EXACT = {
  hit: 'true',
  fetched: 'true',
  match: 'exact',
  hash: 'h',
  target: 'r/a:h',
  digest: 'sha256:1',
  size: '10',
  reason: 'exact',
};
const FALLBACK = {
  ...EXACT,
  hit: 'false',
  match: 'fallback',
  target: 'r/b:old',
  digest: 'sha256:2',
  size: '5',
  reason: 'fallback',
};
const MISS = { hash: 'h', target: 'r/c:h', reason: 'not-found' };

describe('results', () => {
  it('of one cache have its name as well', () => {
    expect(joinResults('fetch', [{ name: 'go', results: EXACT }])).to.deep.equal({
      ...EXACT,
      'go-hit': 'true',
      'go-match': 'exact',
      'go-digest': 'sha256:1',
      'go-reason': 'exact',
    });
  });

  it('of several caches become one set', () => {
    const joined = joinResults('fetch', [
      { name: 'go', results: EXACT },
      { name: 'npm', results: FALLBACK },
    ]);
    expect(joined).to.include({ ...FALLBACK, size: '15' });
    expect(joined).to.include({
      'go-hit': 'true',
      'npm-hit': 'false',
      'npm-match': 'fallback',
      'npm-digest': 'sha256:2',
    });
  });

  it('take the worst match, the order of the workspaces, and a miss for what is left out', () => {
    const caches = [MISS, EXACT, FALLBACK].map((results, at) => ({ name: `c${at}`, results }));
    expect(joinResults('fetch', caches)).to.include({
      hit: 'false',
      fetched: 'false',
      match: 'miss',
      reason: 'not-found',
      digest: '',
    });
  });

  it('do not contradict each other: the reason is that of the worst, with its target and digest', () => {
    const unreachable = { hash: 'h', target: 'r/d:h', reason: 'unreachable' };
    const joined = joinResults('fetch', [
      { name: 'go', results: EXACT },
      { name: 'npm', results: unreachable },
      { name: 'pip', results: MISS },
    ]);
    expect(joined).to.include({ hit: 'false', match: 'miss', reason: 'unreachable', target: 'r/d:h', digest: '' });
  });

  it('have an order that holds every reason once', () => {
    expect([...BEST_TO_WORST].sort()).to.deep.equal(Object.keys(REASONS).sort());
  });

  it('of uploads have their own names', () => {
    const pushed = {
      uploaded: 'true',
      reason: 'pushed',
      digest: 'sha256:1',
      size: '10',
      bytes: '4',
      hash: 'h',
      target: 'r/a:h',
    };
    const unchanged = { ...pushed, uploaded: 'false', reason: 'unchanged', bytes: '0' };
    const joined = joinResults('upload', [
      { name: 'go', results: pushed },
      { name: 'npm', results: unchanged },
    ]);
    expect(joined).to.deep.equal({
      ...pushed,
      uploaded: 'false',
      reason: 'unchanged',
      size: '20',
      bytes: '4',
      'go-uploaded': 'true',
      'go-digest': 'sha256:1',
      'go-reason': 'pushed',
      'npm-uploaded': 'false',
      'npm-digest': 'sha256:1',
      'npm-reason': 'unchanged',
    });
  });

  it('before any work are those of a miss, all of them', () => {
    for (const verb of ['fetch', 'upload'] as const) {
      const initial = initialResults(verb, ['a', 'b']);
      const plain = RESULTS.filter(({ verbs }) => verbs.some((known) => known === verb));
      for (const { name, initial: value } of plain) expect(initial[name], name).to.equal(value);
      expect(Object.values(initial).every((value) => typeof value === 'string')).to.equal(true);
      expect(initial).to.include.keys('a-reason', 'b-digest');
    }
  });
});

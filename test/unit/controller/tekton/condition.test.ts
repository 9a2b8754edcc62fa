import { expect } from 'chai';

import { conditionsFrom, isDecided } from '../../../../controller/tekton/condition.ts';

const NOW = new Date('2026-08-20T10:00:07.123Z');
const running = {
  type: 'Succeeded',
  status: 'Unknown',
  reason: 'Running',
  lastTransitionTime: '2026-08-20T10:00:00Z',
} as const;

describe('the condition Succeeded', () => {
  it('stands alone, so that it is the one whose reason Tekton reads', () => {
    const others = [{ type: 'Ready', status: 'True' } as const, running];
    const conditions = conditionsFrom({ status: 'True', reason: 'Succeeded', message: 'hit' }, others, NOW);
    expect(conditions).to.deep.equal([
      {
        type: 'Succeeded',
        status: 'True',
        reason: 'Succeeded',
        message: 'hit',
        lastTransitionTime: '2026-08-20T10:00:07Z',
      },
    ]);
  });

  it('keeps its time as long as only reason or message change', () => {
    const [condition] = conditionsFrom({ status: 'Unknown', reason: 'Retrying', message: 'again' }, [running], NOW);
    expect(condition).to.include({ reason: 'Retrying', lastTransitionTime: '2026-08-20T10:00:00Z' });
  });

  for (const [status, decided] of [
    ['True', true],
    ['False', true],
    ['Unknown', false],
  ] as const) {
    it(`is ${decided ? '' : 'not '}decided with ${status}`, () => {
      expect(isDecided([{ type: 'Succeeded', status }])).to.equal(decided);
    });
  }

  it('is not decided when there is none, or only others', () => {
    expect([undefined, null, [], [{ type: 'Ready', status: 'True' } as const]].map(isDecided)).to.deep.equal([
      false,
      false,
      false,
      false,
    ]);
  });
});

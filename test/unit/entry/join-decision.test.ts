import { expect } from 'chai';
import * as fc from 'fast-check';
import { joinDecision } from '../../../shared/entry/join/decision.ts';
import type { JoinStep } from '../../../shared/entry/join/decision.ts';

const same = (a: string, b: string): boolean => a === b;

/** base, then the versions of the steps; what is absent is undefined. */
function join(steps: readonly JoinStep[], ...versions: (string | undefined)[]) {
  const { chosen, conflict } = joinDecision(steps)(versions, same);
  return { value: versions[chosen], conflict };
}

describe('a join of one path', () => {
  const branches: readonly JoinStep[] = [
    { versions: [1], after: [] },
    { versions: [2], after: [0] },
    { versions: [3], after: [0] },
  ];

  it('stays as it is where nobody changed it', () => {
    expect(join(branches, 'a', 'a', 'a', 'a')).to.deep.equal({ value: 'a', conflict: false });
  });

  it('takes the change of either branch over no change', () => {
    expect(join(branches, undefined, 'a', 'b', 'a')).to.deep.equal({ value: 'b', conflict: false });
    expect(join(branches, undefined, 'a', 'a', 'b')).to.deep.equal({ value: 'b', conflict: false });
  });

  it('takes a deletion over no change', () => {
    expect(join(branches, 'a', 'a', undefined, 'a')).to.deep.equal({ value: undefined, conflict: false });
  });

  it('takes the later of two changes, and says so', () => {
    expect(join(branches, 'a', 'a', 'b', 'c')).to.deep.equal({ value: 'c', conflict: true });
    expect(join(branches, 'a', 'a', undefined, 'c')).to.deep.equal({ value: 'c', conflict: true });
    expect(join(branches, 'a', 'a', 'b', 'b')).to.deep.equal({ value: 'b', conflict: false });
  });

  it('is no conflict where one builds upon the other', () => {
    const chain: readonly JoinStep[] = [...branches, { versions: [4], after: [1, 2] }];
    expect(join(chain, 'a', 'a', 'b', 'a', 'c')).to.deep.equal({ value: 'c', conflict: false });
  });

  it('takes a task without an entry for one that changed nothing', () => {
    const failed: readonly JoinStep[] = [
      { versions: [1], after: [] },
      { versions: [], after: [0] },
      { versions: [2], after: [0] },
    ];
    expect(join(failed, undefined, 'a', 'b')).to.deep.equal({ value: 'b', conflict: false });
  });

  it('joins the combinations of a matrix, the later one on a conflict', () => {
    const matrix: readonly JoinStep[] = [{ versions: [1, 2, 3], after: [] }];
    expect(join(matrix, 'a', 'a', 'b', 'a')).to.deep.equal({ value: 'b', conflict: false });
    expect(join(matrix, 'a', 'b', 'c', 'a')).to.deep.equal({ value: 'c', conflict: true });
  });

  it('is what a shared volume would hold, for any graph in which each path is written by one task only', () => {
    const graph = fc.array(fc.array(fc.nat(5), { maxLength: 3 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(graph, fc.nat(5), fc.option(fc.constant('a'), { nil: undefined }), (edges, pick, base) => {
        const steps = edges.map((parents, at) => ({ versions: [at + 1], after: parents.filter((one) => one < at) }));
        const writer = pick % steps.length;
        const comesAfter = (at: number): boolean => at === writer || (steps[at]?.after ?? []).some(comesAfter);
        const versions = [base, ...steps.map((_, at) => (comesAfter(at) ? 'written' : base))];
        expect(join(steps, ...versions)).to.deep.equal({ value: 'written', conflict: false });
      }),
    );
  });
});

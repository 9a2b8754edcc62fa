import { expect } from 'chai';
import { readPlan, writePlan } from '../../../../shared/rewrite/plan/plan.ts';
import type { TaskPlan } from '../../../../shared/rewrite/plan/plan.ts';

describe('a plan', () => {
  const plan: TaskPlan = {
    version: 1,
    caches: [{ name: 'w', workspace: 'w', subPath: 'a/$(params.x)', fetch: {} }],
    hashFromFetch: false,
  };

  it('comes back as it was written', () => {
    expect(readPlan(writePlan(plan))).to.deep.equal(plan);
  });

  it('holds no variable: Tekton would put the value into the middle of its JSON', () => {
    expect(writePlan(plan)).not.to.include('$(');
  });
});

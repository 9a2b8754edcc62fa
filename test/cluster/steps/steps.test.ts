import { together } from '../../support/product/together.ts';
import { useStepActions } from './ground.ts';
import { memory } from './memory.ts';
import { outages } from './outages.ts';
import { results } from './results.ts';

describe('the StepActions', () => {
  const steps = useStepActions();

  // What waits longest begins first, and what computes is last.
  together({ ...outages(steps), ...results(steps), ...memory(steps) });
});

import { expect } from 'chai';
import { readCorpus } from '../../fuzz/corpus.ts';
import { TARGETS, type TargetName } from '../../fuzz/targets.ts';

describe('the inputs that fuzzing kept', () => {
  for (const name of Object.keys(TARGETS) as TargetName[]) {
    it(`are read or refused, and nothing else: ${name}`, () => {
      const inputs = [...TARGETS[name].seeds, ...readCorpus(name)];
      expect(inputs.length).to.be.greaterThan(10);
      for (const input of inputs) TARGETS[name].run(input);
    });
  }
});

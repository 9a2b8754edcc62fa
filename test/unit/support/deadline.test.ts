import { expect } from 'chai';

import { until } from '../../support/deadline.ts';
import { patient } from '../../support/patience.ts';

const failure = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'no failure',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe('waiting', () => {
  it('asks again until there is an answer, of which 0 and the empty text are two', async () => {
    const answers = [false, undefined, null, 0];
    expect(await until('a number', 1_000, () => Promise.resolve(answers.shift()), 1)).to.equal(0);
    expect(await until('a text', 1_000, () => Promise.resolve(''), 1)).to.equal('');
  });

  it('ends at its deadline, and says what it waited for', async () => {
    const message = `waited ${patient(20) / 1000} s in vain for rain`;
    expect(await failure(until('rain', 20, () => Promise.resolve(false), 1))).to.equal(message);
  });

  it('ends at once with what the question throws', async () => {
    const broken = (): Promise<boolean> => Promise.reject(new Error('broken'));
    expect(await failure(until('repair', 60_000, broken, 1))).to.equal('broken');
  });
});

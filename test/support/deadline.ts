import { setTimeout as pause } from 'node:timers/promises';

import { patient } from './patience.ts';

/**
 * Asks again and again until the answer is neither false, null nor undefined, and returns it. What `ask` throws ends the wait.
 * Nothing in a cluster is sure to happen, so every wait names what it waits for and has a deadline in milliseconds, which
 * TEST_PATIENCE stretches.
 */
export const until = async <T>(
  what: string,
  milliseconds: number,
  ask: () => Promise<T>,
  interval = 50,
): Promise<Exclude<T, false | null | undefined>> => {
  const limit = patient(milliseconds);
  const end = Date.now() + limit;
  for (;;) {
    const answer = await ask();
    if (isAnswer(answer)) return answer;
    if (Date.now() >= end) throw new Error(`waited ${limit / 1000} s in vain for ${what}`);
    await pause(interval);
  }
};

const isAnswer = <T>(answer: T): answer is Exclude<T, false | null | undefined> =>
  answer !== false && answer !== null && answer !== undefined;

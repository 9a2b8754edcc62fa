import { readState } from './state.ts';
import { down } from './down.ts';
import { isIsolationAlive } from './machine/isolation.ts';
import { up } from './up.ts';

/** For `mocha --require`: the cluster suite needs a cluster. One that runs already is used and left running. */

let started = false;

export const mochaGlobalSetup = async (): Promise<void> => {
  const state = await readState();
  const isRunning = state !== undefined && (state.local === undefined || isIsolationAlive());
  if (isRunning) return;
  started = true;
  await up({ resolvers: true }, (line) => console.error(line));
};

export const mochaGlobalTeardown = async (): Promise<void> => {
  if (started) await down();
};

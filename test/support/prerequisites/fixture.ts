import process from 'node:process';
import { PEER_PROGRAMS, requirePackages } from './debian.ts';
import { requireGo } from './go.ts';
import { toolSet } from './go-tools.ts';

/** For `mocha --require`: the suites that need other tools, but no cluster. */
export const mochaGlobalSetup = async (): Promise<void> => {
  const report = (line: string): void => void process.stderr.write(`${line}\n`);
  await requirePackages(report, PEER_PROGRAMS);
  await requireGo();
  await toolSet('registry', report);
};

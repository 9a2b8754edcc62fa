import { down } from './down.ts';
import { readState } from './state.ts';
import { up } from './up.ts';
import type { UpOptions } from './up.ts';

interface BorrowedCluster {
  /** Somebody started it before, and goes on with it. */
  readonly isOfOthers: boolean;
  /** Removes it, unless it is of others. */
  readonly giveBack: () => Promise<void>;
}

/** The cluster that runs, or one that is started now. */
export const borrowCluster = async (options: UpOptions, report: (line: string) => void): Promise<BorrowedCluster> => {
  const isOfOthers = (await readState()) !== undefined;
  await up(options, report);
  return { isOfOthers, giveBack: async () => (isOfOthers ? undefined : await down()) };
};

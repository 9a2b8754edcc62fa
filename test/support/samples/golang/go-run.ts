import type { Cluster } from '../../cluster/cluster.ts';
import type { NewObject } from '../../kube/kube-api.ts';
import { downloads, readAccessLog } from '../../mirror/access-log.ts';
import { runToTheEnd } from '../finished-run.ts';
import type { FinishedRun } from '../finished-run.ts';
import { readGoLog } from './go-log.ts';
import type { GoWork } from './go-log.ts';

/** A run of the sample, with what Go did in it. */
export interface GoRun extends FinishedRun {
  readonly go: GoWork;
  /** Modules that the mirror sent while it ran. */
  readonly modules: number;
}

/** Throws when the run did not succeed. */
export const runGo = async ({ api, state }: Cluster, object: NewObject): Promise<GoRun> => {
  const modulesSoFar = async (): Promise<number> => {
    const records = state.local === undefined ? [] : await readAccessLog(state.local.mirrorLog);
    return downloads(records).filter(({ repository }) => repository === 'go').length;
  };
  const before = await modulesSoFar();
  const run = await runToTheEnd(api, object);
  return { ...run, go: readGoLog(run.log), modules: (await modulesSoFar()) - before };
};

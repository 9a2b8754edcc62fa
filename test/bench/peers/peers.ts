import { join } from 'node:path';
import { BENCH_PROGRAMS, requirePackages } from '../../support/prerequisites/debian.ts';
import { requireGo } from '../../support/prerequisites/go.ts';
import { toolSet } from '../../support/prerequisites/go-tools.ts';

/** Programs that we are compared with, besides those of Debian. */
export interface Peers {
  readonly crane: string;
  readonly oras: string;
  readonly restic: string;
  /** The openshift-pipelines/tekton-caches command line, when somebody pointed to one. */
  readonly tektonCaches?: string;
}

export const findPeers = async (tektonCaches: string | undefined, report: (line: string) => void): Promise<Peers> => {
  await requirePackages(report, BENCH_PROGRAMS);
  await requireGo();
  const crane = join(await toolSet('registry', report), 'crane');
  const tools = await toolSet('peers', report);
  return {
    crane,
    oras: join(tools, 'oras'),
    restic: join(tools, 'restic'),
    ...(tektonCaches === undefined ? {} : { tektonCaches }),
  };
};

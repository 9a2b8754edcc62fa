import { createConnection } from 'node:net';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { until } from '../deadline.ts';
import { clusterImages } from '../image/cluster-images.ts';
import { requirePackages, requireRoot } from '../prerequisites/debian.ts';
import { requireGo } from '../prerequisites/go.ts';
import { toolDirectory, toolSet } from '../prerequisites/go-tools.ts';
import type { TektonToolSet } from '../prerequisites/go-tools.ts';
import { PORTS } from './machine/addresses.ts';
import { DIRECTORIES, FILES, makeDirectories } from './machine/directories.ts';
import { down } from './down.ts';
import { beginIsolation, isIsolationAlive } from './machine/isolation.ts';
import type { ClusterState, LocalState } from './state.ts';
import { readState } from './state.ts';

export interface UpOptions {
  readonly resolvers: boolean;
  /** When absent, that of a cluster that runs already, and the one of the suites in a new cluster. */
  readonly tekton?: TektonToolSet | undefined;
}

type Report = (line: string) => void;

const isTaken = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ host: '127.0.0.1', port }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });

const requirePorts = async (resolvers: boolean): Promise<void> => {
  for (const [name, port] of Object.entries(PORTS)) {
    if (name === 'tektonResolversProbes' && !resolvers) continue;
    if (await isTaken(port)) throw new Error(`Port ${port} (${name}) is in use. Stop the program that listens on it.`);
  }
};

/** Passes on what the start says, until it has written the state or has ended. */
const followStart = async (report: Report): Promise<ClusterState> => {
  let shown = 0;
  const show = async (): Promise<void> => {
    const lines = (await readFile(FILES.startLog, 'utf8').catch(() => '')).split('\n').slice(0, -1);
    for (const line of lines.slice(shown)) report(line);
    shown = lines.length;
  };
  return until('the cluster to be ready', 180_000, async () => {
    const alive = isIsolationAlive();
    await show();
    const state = await readState();
    if (state === undefined && !alive)
      throw new Error(`The cluster did not start; its logs are in ${DIRECTORIES.logs}.`);
    return state;
  });
};

/** Whether the programs of a cluster are those that this checkout would build. */
const runsToday = async ({ tools, tekton }: LocalState): Promise<boolean> =>
  tools.kubernetes === (await toolDirectory('kubernetes')) && tools.tekton === (await toolDirectory(tekton));

/** A test that needs Tekton's resolvers would wait for them in vain, and one of another Tekton or Kubernetes would prove nothing. */
const asWanted = async (running: ClusterState, { resolvers, tekton }: UpOptions): Promise<ClusterState> => {
  const end = 'end it with "npm run cluster -- down" first.';
  if (resolvers && running.local?.resolvers === false)
    throw new Error(`The cluster runs without Tekton's resolvers: ${end}`);
  if (tekton !== undefined && running.local !== undefined && running.local.tekton !== tekton)
    throw new Error(`The cluster runs another Tekton (${running.local.tekton}): ${end}`);
  if (running.local !== undefined && !(await runsToday(running.local)))
    throw new Error(`The cluster runs programs that were built of another checkout: ${end}`);
  return running;
};

/** Starts the local cluster, and first everything it needs. A cluster that runs already is left as it is. */
export const up = async (options: UpOptions, report: Report): Promise<ClusterState> => {
  const { resolvers, tekton = 'tekton' } = options;
  const running = await readState();
  if (running && (running.local === undefined || isIsolationAlive())) return asWanted(running, options);
  // Somebody else is starting it at this moment.
  if (isIsolationAlive()) return followStart(report);

  requireRoot();
  await requirePackages(report);
  await requireGo();
  await toolSet('kubernetes', report);
  const tektonTools = await toolSet(tekton, report);
  await toolSet('dns', report);
  await clusterImages(tektonTools, report);

  await down();
  await requirePorts(resolvers);
  await mkdir(DIRECTORIES.root, { recursive: true });
  await makeDirectories();
  const start = join(import.meta.dirname, 'start.ts');
  await beginIsolation([process.execPath, start, '--tekton', tekton, ...(resolvers ? ['--resolvers'] : [])]);
  return followStart(report);
};

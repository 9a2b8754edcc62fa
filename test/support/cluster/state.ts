import { readFile, rename, writeFile } from 'node:fs/promises';

import { FILES } from './machine/directories.ts';
import type { TektonToolSet } from '../prerequisites/go-tools.ts';
import type { Identity } from './machine/identities.ts';

/** Where the parts of a local cluster are that tests look into. Paths are absolute. */
export interface LocalState {
  readonly auditLog: string;
  /** One log file per process of the cluster. */
  readonly logs: string;
  /** One line a request. */
  readonly registryLog: string;
  /** Directory of each volume of the pool, by the name of its PersistentVolume below this. */
  readonly volumes: string;
  /** Container logs by node: `<namespace>_<pod>_<uid>/<container>/0.log`. */
  readonly podLogs: Readonly<Record<string, string>>;
  /** URL of the package mirror for pods; its npm registry is at `/npm`, its Go module proxy at `/go`. */
  readonly mirror: string;
  /** What was downloaded from it, one JSON object a line. */
  readonly mirrorLog: string;
  /** Address of the host as pods see it. */
  readonly hostAddress: string;
  readonly tools: { readonly kubernetes: string; readonly tekton: string };
  /** Whether Tekton's own resolvers run in it. */
  readonly resolvers: boolean;
  readonly tekton: TektonToolSet;
}

/** What runs, for tests, the demo and people. */
export interface ClusterState {
  /** Absent with an existing cluster, which only has its own identity. */
  readonly apiServer?: string;
  /** File of the administrator. */
  readonly kubeconfig: string;
  readonly kubeconfigs: Readonly<Partial<Record<Identity, string>>>;
  readonly registry: {
    /** Host and port as this machine and the container runtimes name it. */
    readonly host: string;
    /** Host and port as pods name it. */
    readonly pods: string;
  };
  /** Absent with an existing cluster. */
  readonly local?: LocalState;
}

export const writeState = async (state: ClusterState): Promise<void> => {
  // Renamed into place: whoever sees it may use what it names.
  await writeFile(`${FILES.state}.new`, `${JSON.stringify(state, undefined, 2)}\n`);
  await rename(`${FILES.state}.new`, FILES.state);
};

const isState = (value: unknown): value is ClusterState =>
  typeof value === 'object' && value !== null && 'kubeconfig' in value && 'registry' in value;

export const readState = async (): Promise<ClusterState | undefined> => {
  const text = await readFile(FILES.state, 'utf8').catch(() => undefined);
  const value: unknown = text === undefined ? undefined : JSON.parse(text);
  return isState(value) ? value : undefined;
};

/** Whether the cluster runs the oldest Tekton that an installation may have, which says less and knows fewer flags. */
export const hasOldestTekton = async (): Promise<boolean> => (await readState())?.local?.tekton === 'tekton-oldest';

import type { LocalCluster } from '../cluster/cluster.ts';
import { createTestNamespace } from '../cluster/test-namespace.ts';
import type { GitServer } from '../git/git-server.ts';
import { startGitServer } from '../git/git-server.ts';

/** What samples run in: a namespace, and a server with the sources of their projects. */
export interface Ground {
  readonly namespace: string;
  readonly git: GitServer;
}

/** A ground for the time of `work`. With `keep` the namespace stays. */
export const withGround = async <T>(
  { api, local }: LocalCluster,
  keep: boolean,
  work: (ground: Ground) => Promise<T>,
): Promise<T> => {
  const git = await startGitServer(local.hostAddress);
  const space = await createTestNamespace(api, { prefix: 'samples' });
  try {
    return await work({ namespace: space.name, git });
  } finally {
    await git.stop();
    if (!keep) await space.delete();
  }
};

import { join } from 'node:path';

import type { KubeApi } from '../../kube/kube-api.ts';
import { enterIsolation } from '../machine/isolation.ts';

/** A second real node on the same machine, switched on for the tests that are about two nodes. */
export interface SecondNode {
  /** Returns when it is ready; at once when it is already. */
  readonly on: () => Promise<void>;
  /** Every process of the node dies as in a power failure, and the cluster is told that it will not come back. */
  readonly off: () => Promise<void>;
}

const name = { apiVersion: 'v1', kind: 'Node', name: 'node2' };

const run = (action: 'add' | 'crash'): Promise<string> =>
  enterIsolation([process.execPath, join(import.meta.dirname, 'change-node.ts'), action]);

export const secondNode = (api: KubeApi): SecondNode => ({
  on: async () => {
    if (!(await api.find(name))) await run('add');
  },
  off: async () => {
    if (!(await api.find(name))) return;
    await run('crash');
    await api.delete(name);
  },
});

import type { LocalCluster } from '../support/cluster/cluster.ts';
import { openLocalCluster } from '../support/cluster/cluster.ts';
import type { TestNamespace } from '../support/cluster/test-namespace.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';

interface Bench {
  readonly cluster: LocalCluster;
  readonly space: TestNamespace;
}

interface BenchOptions {
  /** Begins the name of the namespace. */
  readonly prefix: string;
  /** Switched on for the time of the tests. */
  readonly secondNode?: boolean;
}

/** The cluster of the bench, and a namespace, for the tests of one `describe`; they are skipped with any other cluster. */
export function useBench({ prefix, secondNode = false }: BenchOptions): () => Bench {
  let cluster: LocalCluster | undefined;
  let space: TestNamespace | undefined;

  before(async function () {
    cluster = await openLocalCluster();
    if (!cluster) {
      this.skip();
      return;
    }
    space = await createTestNamespace(cluster.api, { prefix });
    if (secondNode) await cluster.secondNode.on();
  });

  after(async () => {
    await space?.delete({ wait: secondNode });
    if (secondNode) await cluster?.secondNode.off();
    cluster?.close();
  });

  return () => {
    if (!cluster || !space) throw new Error('the bench is there from the first test on');
    return { cluster, space };
  };
}

import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';

import { until } from '../../support/deadline.ts';
import type { CrowdedCluster } from '../../support/fake-kubernetes/crowded-cluster.ts';
import { startCrowdedCluster } from '../../support/fake-kubernetes/crowded-cluster.ts';
import { startController } from '../../support/product/controller-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';

const LIMIT_MIB = 256;

describe('the controller in a cluster full of what is done', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  before(async () => (directory = await temporaryDirectory()));
  after(async () => await directory.remove());

  const kubeconfigOf = async ({ url }: CrowdedCluster): Promise<string> => {
    const config = new KubeConfig();
    config.loadFromClusterAndUser({ name: 'crowded', server: url, skipTLSVerify: true }, { name: 'user' });
    const file = join(directory.path, 'kubeconfig.json');
    await writeFile(file, config.exportConfig());
    return file;
  };

  it(`needs no more than ${LIMIT_MIB} MiB for 100,000 runs and 12,400 pods`, async () => {
    const cluster = await startCrowdedCluster({ runs: 100_000, pods: 12_400 });
    const controller = await startController(
      { kubeconfig: await kubeconfigOf(cluster), image: 'helper' },
      { waitUntilReady: true, readyWithinMs: 240_000 },
    );
    try {
      expect(cluster.pages()).to.be.at.least(400);
      const peak = await peakMib(controller.pid);
      process.stderr.write(`peak of the controller: ${peak} MiB\n`);
      expect(peak, `${peak} MiB`).to.be.at.most(LIMIT_MIB);
    } finally {
      expect(await controller.stop()).to.equal(0);
      await cluster.stop();
    }
  });

  it('stops in order when it is told to before its first list is complete', async () => {
    const cluster = await startCrowdedCluster({ runs: 10, pods: 10, stalls: true });
    const kubeconfig = await kubeconfigOf(cluster);
    const controller = await startController({ kubeconfig, image: 'helper' }, { waitUntilReady: false });
    try {
      await until('its lists', 60_000, async () => cluster.pages() >= 3);
    } finally {
      expect(await controller.stop(), controller.log()).to.equal(0);
      await cluster.stop();
    }
  });
});

/** The most memory that the process ever had, in MiB. */
async function peakMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024);
}

import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { NETWORK } from '../support/cluster/machine/addresses.ts';
import type { Cluster } from '../support/cluster/cluster.ts';
import { openCluster } from '../support/cluster/cluster.ts';
import type { TestNamespace } from '../support/cluster/test-namespace.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';
import { runCommand } from '../support/command.ts';
import type { KubeObject } from '../support/kube/kube-api.ts';

interface Run extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
    readonly results?: readonly { readonly name: string; readonly value: string }[];
  };
}

interface Volume extends KubeObject {
  readonly spec: { readonly claimRef?: { readonly name: string } };
  readonly status?: { readonly phase?: string };
}

const PIPELINE_RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;

const isDone = (run: Run): boolean => ['True', 'False'].includes(run.status?.conditions?.[0]?.status ?? 'Unknown');

describe('the cluster of the bench', () => {
  let cluster: Cluster;
  let space: TestNamespace;

  before(async () => {
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, { prefix: 'smoke' });
  });

  after(async () => {
    await space?.delete();
    cluster?.close();
  });

  it('runs a PipelineRun of two tasks that share a workspace and pass a result', async () => {
    const claim = await space.createClaim('shared');
    const metadata = { name: 'two-tasks', namespace: space.name };
    const image = `${cluster.state.registry.host}/shell:1`;
    const write = {
      name: 'write',
      image,
      script: 'umask 0; echo written > $(workspaces.w.path)/file; printf seven > $(results.word.path)',
    };
    const read = {
      name: 'read',
      image,
      script: 'grep -q written $(workspaces.w.path)/file; printf %s "$(params.word)" > $(results.echo.path)',
    };
    await cluster.api.create({
      ...PIPELINE_RUN,
      metadata,
      spec: {
        workspaces: [{ name: 'shared', persistentVolumeClaim: { claimName: claim.name } }],
        pipelineSpec: {
          workspaces: [{ name: 'shared' }],
          results: [{ name: 'echo', value: '$(tasks.second.results.echo)' }],
          tasks: [
            {
              name: 'first',
              workspaces: [{ name: 'w', workspace: 'shared' }],
              taskSpec: { workspaces: [{ name: 'w' }], results: [{ name: 'word' }], steps: [write] },
            },
            {
              name: 'second',
              params: [{ name: 'word', value: '$(tasks.first.results.word)' }],
              workspaces: [{ name: 'w', workspace: 'shared' }],
              taskSpec: {
                params: [{ name: 'word' }],
                workspaces: [{ name: 'w' }],
                results: [{ name: 'echo' }],
                steps: [read],
              },
            },
          ],
        },
      },
    });
    const run = await cluster.api.waitFor<Run>({ ...PIPELINE_RUN, ...metadata }, isDone, 60_000);
    expect(run.status?.conditions?.[0]?.status, run.status?.conditions?.[0]?.message).to.equal('True');
    expect(run.status?.results).to.deep.equal([{ name: 'echo', value: 'seven' }]);
    const volumes = cluster.state.local?.volumes;
    if (volumes !== undefined) {
      expect(await readFile(join(volumes, claim.volume, 'file'), 'utf8')).to.equal('written\n');
    }
  });

  it('makes a CustomRun for a task of a kind that nobody serves', async () => {
    const metadata = { name: 'custom', namespace: space.name };
    await cluster.api.create({
      ...PIPELINE_RUN,
      metadata,
      spec: {
        timeouts: { pipeline: '5m' },
        pipelineSpec: { tasks: [{ name: 'wait', taskRef: { apiVersion: 'nobody.example/v1', kind: 'Wait' } }] },
      },
    });
    const name = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun', name: 'custom-wait', namespace: space.name };
    const customRun = await cluster.api.waitFor<KubeObject>(name, () => true, 20_000);
    expect(customRun.metadata.labels).to.include({ 'tekton.dev/pipelineRun': 'custom' });
  });

  it('has one hardware address for its pods, whichever come and go', async function () {
    if (!cluster.state.local) {
      this.skip();
      return;
    }
    const address = (): Promise<string> => readFile(`/sys/class/net/${NETWORK.bridge}/address`, 'utf8');
    const before = await address();
    await runCommand('ip', ['link', 'add', 'lowest', 'address', '00:00:00:00:00:01', 'type', 'veth']);
    try {
      await runCommand('ip', ['link', 'set', 'lowest', 'master', NETWORK.bridge]);
      expect(await address()).to.equal(before);
    } finally {
      await runCommand('ip', ['link', 'delete', 'lowest']);
    }
  });

  it('gives a volume, emptied, to somebody else when its claim is deleted', async function () {
    const { local } = cluster.state;
    if (!local) {
      this.skip();
      return;
    }
    const first = await space.createClaim('first');
    await writeFile(join(local.volumes, first.volume, 'left'), 'behind');
    await cluster.api.delete({ apiVersion: 'v1', kind: 'PersistentVolumeClaim', name: 'first', namespace: space.name });
    await cluster.api.waitFor<Volume>(
      { apiVersion: 'v1', kind: 'PersistentVolume', name: first.volume },
      // Bound again if another test was waiting for one.
      ({ spec, status }) => status?.phase === 'Available' || spec.claimRef?.name !== 'first',
      20_000,
    );
    expect(await readdir(join(local.volumes, first.volume))).not.to.include('left');
  });
});

import { expect } from 'chai';

import type { KubeObject } from '../support/kube/kube-api.ts';
import { useBench } from './bench.ts';

interface Pod extends KubeObject {
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string };
}

describe('the second node of the bench', () => {
  const bench = useBench({ prefix: 'nodes', secondNode: true });

  const podOn = async (name: string, spec: object): Promise<Pod> => {
    const { cluster, space } = bench();
    const main = { name: 'main', image: '127.0.0.1:5000/shell:1', command: ['cat', '/etc/hostname'] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space.name } };
    await cluster.api.create({ ...pod, spec: { restartPolicy: 'Never', containers: [main], ...spec } });
    return cluster.api.waitFor<Pod>(
      { apiVersion: 'v1', kind: 'Pod', name, namespace: space.name },
      ({ status }) => status?.phase === 'Succeeded',
      60_000,
    );
  };

  it('runs pods, whose logs the API server can read', async () => {
    const { cluster, space } = bench();
    const pod = await podOn('there', { nodeName: 'node2' });
    expect(pod.spec.nodeName).to.equal('node2');
    expect(await cluster.api.podLog(space.name, 'there', 'main')).to.equal('there\n');
  });

  it('gets the pod whose volume is only there', async () => {
    const claim = await bench().space.createClaim('there', { storageClass: 'pool-node2' });
    expect(claim.volume).to.match(/^pool-node2-/);
    const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: claim.name } }];
    expect((await podOn('drawn', { volumes })).spec.nodeName).to.equal('node2');
  });
});

import { expect } from 'chai';

import type { SampleImage } from '../support/image/sample-images.ts';
import { provideSampleImage } from '../support/image/sample-images.ts';
import type { KubeObject } from '../support/kube/kube-api.ts';
import { downloads, readAccessLog } from '../support/mirror/access-log.ts';
import { useBench } from './bench.ts';

interface Pod extends KubeObject {
  readonly status?: { readonly phase?: string; readonly podIP?: string };
}

describe('a build in a pod', () => {
  const bench = useBench({ prefix: 'mirror' });

  /** Runs a script and returns what it printed, and the paths of the packages that it downloaded. */
  const build = async (name: SampleImage, script: string): Promise<{ log: string; packages: readonly string[] }> => {
    const { cluster, space } = bench();
    const image = await provideSampleImage(name, cluster.state.registry.host);
    const main = { name: 'main', image, imagePullPolicy: 'Always', command: ['sh', '-exc', script] };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: space.name } };
    await cluster.api.create({ ...pod, spec: { restartPolicy: 'Never', containers: [main] } });
    const { status } = await cluster.api.waitFor<Pod>(
      { apiVersion: 'v1', kind: 'Pod', name, namespace: space.name },
      (object) => /Succeeded|Failed/.test(object.status?.phase ?? ''),
      120_000,
    );
    const log = await cluster.api.podLog(space.name, name, 'main');
    expect(status?.phase, log).to.equal('Succeeded');
    const records = downloads(await readAccessLog(cluster.local.mirrorLog));
    // Addresses are used again; this pod's requests are the last ones of its address.
    const own = records.filter(({ client }) => client === status?.podIP);
    return { log, packages: own.map(({ path }) => path) };
  };

  it('installs npm packages from the mirror', async () => {
    const { log, packages } = await build(
      'node',
      `mkdir app; cd app; npm install --registry ${bench().cluster.local.mirror}/npm is-odd@3.0.1; node -p "require('is-odd')(3)"`,
    );
    expect(log.trim()).to.match(/true$/);
    expect(packages.slice(-2).toSorted()).to.deep.equal([
      'is-number/-/is-number-6.0.0.tgz',
      'is-odd/-/is-odd-3.0.1.tgz',
    ]);
  });

  it('builds a Go program with modules and checksums from the mirror', async () => {
    const program = `package main; import ("fmt"; "github.com/pkg/errors"); func main() { fmt.Println(errors.New("built")) }`;
    const { log, packages } = await build(
      'golang',
      [
        `export GOPROXY=${bench().cluster.local.mirror}/go`,
        `mkdir app; cd app; echo '${program}' > main.go`,
        'go mod init example.com/app; go get github.com/pkg/errors@v0.9.1; go run .',
      ].join('\n'),
    );
    expect(log.trim()).to.match(/\nbuilt$/);
    expect(packages.at(-1)).to.equal('github.com/pkg/errors/@v/v0.9.1.zip');
  });
});

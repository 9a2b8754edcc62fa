import { mkdtemp, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { expect } from 'chai';
import { list } from 'tar';

import type { Cluster } from '../support/cluster/cluster.ts';
import { openCluster } from '../support/cluster/cluster.ts';
import type { TestNamespace } from '../support/cluster/test-namespace.ts';
import { createTestNamespace } from '../support/cluster/test-namespace.ts';
import { blobPath, readImage } from '../support/image/layout.ts';
import type { BuiltImage } from '../support/image/product/product-image.ts';
import { buildProductImage, PRODUCT_CONFIG, productTree } from '../support/image/product/product-image.ts';
import { pushImage } from '../support/image/push.ts';
import { writeTree } from '../support/image/write-tree.ts';
import type { KubeObject } from '../support/kube/kube-api.ts';

interface Pod extends KubeObject {
  readonly status?: { readonly phase?: string };
}

const describeFile = (path: string, mode: number, detail: string): string =>
  `${path.replace(/\/$/, '')} ${(mode & 0o7777).toString(8)} ${detail}`;

/** Path, mode, and size or target of everything in the layers. */
const filesOfImage = async (layout: string): Promise<readonly string[]> => {
  const { manifest } = await readImage(layout);
  const files = new Set<string>();
  for (const { digest } of manifest.layers) {
    await list({
      file: blobPath(layout, digest),
      onReadEntry: ({ path, mode, size, linkpath, type }) => {
        if (type !== 'Directory') files.add(describeFile(path, mode ?? 0, linkpath ?? String(size)));
        else if (mode !== 0o755) files.add(describeFile(path, mode ?? 0, 'directory'));
      },
    });
  }
  return [...files].sort();
};

const filesOfDirectory = async (directory: string): Promise<readonly string[]> => {
  const files: string[] = [];
  for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    const path = file.slice(directory.length + 1);
    if (entry.isSymbolicLink()) files.push(describeFile(path, 0o777, await readlink(file)));
    else {
      const { mode, size } = await stat(file);
      if (entry.isFile()) files.push(describeFile(path, mode, String(size)));
      else if ((mode & 0o7777) !== 0o755) files.push(describeFile(path, mode, 'directory'));
    }
  }
  return files.sort();
};

/** The settings of a Containerfile's last stage, in the names of an image's configuration. */
const configOf = (containerfile: string): object => {
  const stage = containerfile.slice(containerfile.lastIndexOf('\nFROM '));
  const value = (instruction: string): string =>
    new RegExp(`^${instruction} (?<value>.*)$`, 'm').exec(stage)?.groups?.['value'] ?? '';
  return {
    Entrypoint: JSON.parse(value('ENTRYPOINT')),
    Env: value('ENV').split(' '),
    User: value('USER'),
    WorkingDir: value('WORKDIR'),
  };
};

describe('the image of the product', () => {
  let scratch: string;
  let layout: string;
  let built: BuiltImage;
  let cluster: Cluster;
  let space: TestNamespace;

  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-image-'));
    layout = join(scratch, 'layout');
    built = await buildProductImage(layout, 'tekton-cache');
    cluster = await openCluster();
    space = await createTestNamespace(cluster.api, {
      prefix: 'image',
      labels: { 'pod-security.kubernetes.io/enforce': 'restricted' },
    });
  });

  after(async () => {
    await space?.delete();
    cluster?.close();
    await rm(scratch, { recursive: true, force: true });
  });

  it('has the same digest when it is built again', async () => {
    const again = await buildProductImage(join(scratch, 'again'), 'tekton-cache');
    expect(again.descriptor).to.deep.equal(built.descriptor);
  });

  it('has the same files, modes and settings as the Containerfile makes', async () => {
    await writeTree(join(scratch, 'tree'), await productTree());
    expect(await filesOfDirectory(join(scratch, 'tree'))).to.deep.equal(await filesOfImage(layout));
    const containerfile = await readFile(join(import.meta.dirname, '..', '..', 'Containerfile'), 'utf8');
    expect(configOf(containerfile)).to.deep.equal(PRODUCT_CONFIG);
  });

  it('runs as nobody in particular, on a read-only file system, where pod security is restricted', async () => {
    const image = `${cluster.state.registry.host}/tekton-cache-test:image`;
    await pushImage(layout, image);
    const name = { apiVersion: 'v1', kind: 'Pod', name: 'image', namespace: space.name };
    const program = `import('/app/shared/cli/main.js').then(() => console.log(process.version, process.getuid(), process.cwd()))`;
    await cluster.api.create({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'image', namespace: space.name },
      spec: {
        restartPolicy: 'Never',
        automountServiceAccountToken: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
        containers: [
          {
            name: 'main',
            image,
            imagePullPolicy: 'Always',
            command: ['node', '--eval', program],
            securityContext: {
              allowPrivilegeEscalation: false,
              readOnlyRootFilesystem: true,
              capabilities: { drop: ['ALL'] },
            },
          },
        ],
      },
    });
    await cluster.api.waitFor<Pod>(name, ({ status }) => /Succeeded|Failed/.test(status?.phase ?? ''), 60_000);
    expect(await cluster.api.podLog(space.name, 'image', 'main')).to.match(/^v24\.\d+\.\d+ 65532 \/app\n$/);
  });
});

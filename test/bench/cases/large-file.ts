import { randomFillSync } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import type { Lane } from '../lanes/lane.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';
import { isSame, readTree } from '../trees/tree.ts';

const MIB = 1 << 20;

const writeRandom = (path: string, bytes: number): void => {
  const file = openSync(path, 'w');
  const chunk = Buffer.allocUnsafe(8 * MIB);
  for (let written = 0; written < bytes; written += chunk.length) writeSync(file, randomFillSync(chunk));
  closeSync(file);
};

/** One file of 1 GiB that cannot be compressed: the wire, the disk and the digests, nothing else. */
export const largeFile = async ({ registry, directory, peers }: Workbench): Promise<Lane[]> => {
  const tree = await emptyDirectory(join(directory, 'large'));
  writeRandom(join(tree, 'blob.bin'), 1024 * MIB);
  const expected = readTree(tree);
  const tar = join(directory, 'large.tar');
  const layout = join(directory, 'large.img');
  const image = `${registry.address}/peer/large:1`;
  const target = `${registry.address}/bench/large:1`;
  await runCommand('sh', ['-c', `tar -C ${tree} -cf ${tar} .`]);
  // crane push takes an image as docker save writes it
  await runCommand(peers.crane, ['append', '--insecure', '-f', tar, '-t', image, '-o', layout], { timeout: 600_000 });
  const back = join(directory, 'back');
  let layer = '';
  const pushCrane = `${peers.crane} push --insecure ${layout} ${image}`;
  return [
    {
      id: 'upload large',
      group: '1 GiB incompressible, upload',
      title: 'tekton-cache upload',
      prepare: async () => {
        await Promise.all([registry.clear(), forget(tree)]);
        return uploadCommand(target, tree);
      },
      verify: async ({ output }) => Number(expectResults(output, { uploaded: 'true' })['bytes']),
    },
    {
      id: 'crane push large',
      group: '1 GiB incompressible, upload',
      title: 'crane push of a ready image',
      prepare: async () => {
        await registry.clear();
        return pushCrane;
      },
    },
    {
      id: 'fetch large',
      group: '1 GiB incompressible, fetch',
      title: 'tekton-cache fetch',
      prepare: async (round) => {
        if (round === 0) {
          await Promise.all([registry.clear(), forget(tree)]);
          await runCommand('sh', ['-c', uploadCommand(target, tree)]);
          await runCommand('sh', ['-c', pushCrane], { timeout: 600_000 });
          const manifest = JSON.parse(await runCommand(peers.crane, ['manifest', '--insecure', image])) as {
            layers: { digest: string }[];
          };
          layer = manifest.layers[0]?.digest ?? '';
        }
        await emptyDirectory(back);
        return fetchCommand(target, back);
      },
      verify: async ({ output }) => {
        expectResults(output, { hit: 'true' });
        if (!isSame(readTree(back), expected)) throw new Error('1 GiB: a wrong file came back');
        return undefined;
      },
    },
    {
      id: 'crane blob large',
      group: '1 GiB incompressible, fetch',
      title: 'crane blob to a file',
      prepare: async () =>
        `${peers.crane} blob --insecure ${registry.address}/peer/large@${layer} > ${join(directory, 'large.blob')}`,
    },
  ];
};

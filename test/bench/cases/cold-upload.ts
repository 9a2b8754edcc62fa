import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import { corpus } from '../trees/corpora.ts';
import type { Corpus } from '../trees/corpora.ts';
import type { Lane } from '../lanes/lane.ts';
import { fileDigest, tarZstdPut, tektonCaches } from '../peers/peers.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { isSame, readTree } from '../trees/tree.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

/** An upload of a tree that the registry has nothing of. */
export const coldUpload = async (bench: Workbench, of: Corpus): Promise<Lane[]> => {
  const { registry, directory, peers } = bench;
  const group = `cold upload, ${of.name}`;
  const tree = await copyTree(await corpus(of), join(directory, 'tree'));
  const file = join(directory, 'peer.tar.zst');
  const digest = await archiveDigest(tree, file);
  const target = `${registry.address}/bench/${of.name}:cold`;
  const expected = readTree(tree);
  const lanes: Lane[] = [
    {
      id: `upload ${of.name}`,
      group,
      title: 'tekton-cache upload',
      prepare: async () => {
        await Promise.all([registry.clear(), forget(tree)]);
        return uploadCommand(target, tree);
      },
      verify: async ({ output }) => {
        const { bytes } = expectResults(output, { uploaded: 'true', reason: 'pushed' });
        const back = await emptyDirectory(join(directory, 'back'));
        await runCommand('sh', ['-c', fetchCommand(target, back)]);
        if (!isSame(readTree(back), expected)) throw new Error(`what ${target} gives back is not what was uploaded`);
        return Number(bytes);
      },
    },
    {
      id: `tar-zstd-put ${of.name}`,
      group,
      title: 'tar | zstd -3 -T0 to a file, then PUT of the file',
      prepare: async () => {
        await Promise.all([registry.clear(), rm(file, { force: true }), forget(tree)]);
        return tarZstdPut(tree, file, registry.address, digest);
      },
      verify: async () => (await stat(file)).size,
    },
  ];
  if (peers.tektonCaches !== undefined) lanes.push(tektonCachesUpload(bench, of, peers.tektonCaches, tree));
  return lanes;
};

/** GNU tar and zstd give the same bytes for the same tree each time, so the digest can be had beforehand. */
export const archiveDigest = async (tree: string, file: string): Promise<string> => {
  await forget(tree);
  await runCommand('sh', ['-c', `tar -C ${tree} -cf - . | zstd -q -3 -T0 -f -o ${file}`]);
  return fileDigest(file);
};

const tektonCachesUpload = ({ registry, directory }: Workbench, of: Corpus, binary: string, tree: string): Lane => ({
  id: `tekton-caches upload ${of.name}`,
  group: `cold upload, ${of.name}`,
  title: 'tekton-caches upload',
  prepare: async () => {
    await Promise.all([registry.clear(), forget(tree)]);
    return tektonCaches(binary, 'upload', tree, await keyDirectory(directory), registry.address);
  },
});

/** A directory with the one file that tekton-caches hashes. */
export const keyDirectory = async (directory: string): Promise<string> => {
  const key = join(directory, 'key');
  await mkdir(key, { recursive: true });
  await writeFile(join(key, 'corpus-key'), 'key\n');
  return key;
};

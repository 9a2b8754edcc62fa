import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import type { Lane } from '../lanes/lane.ts';
import { BSDTAR, fileDigest, GNU_TAR, packAndPut } from '../peers/archiver.ts';
import type { Archiver } from '../peers/archiver.ts';
import { orasPush } from '../peers/oras.ts';
import { tektonCaches } from '../peers/tekton-caches.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { corpus } from '../trees/corpora.ts';
import type { Corpus } from '../trees/corpora.ts';
import { isSame, readTree } from '../trees/tree.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

export const coldUploadGroup = (of: Corpus): string => `cold upload, ${of.name}`;

/** An upload of a tree that the registry has nothing of. */
export const coldUpload = async (bench: Workbench, of: Corpus): Promise<Lane[]> => {
  const { registry, directory, peers } = bench;
  const group = coldUploadGroup(of);
  const tree = await copyTree(await corpus(of), join(directory, 'tree'));
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
    await archiverUpload(bench, of, GNU_TAR, tree),
    await archiverUpload(bench, of, BSDTAR, tree),
    {
      id: `oras-push ${of.name}`,
      group,
      title: 'oras push of the directory (gzip)',
      mayRefuse: true,
      prepare: async () => {
        await Promise.all([registry.clear(), forget(tree)]);
        return orasPush(peers.oras, dirname(tree), basename(tree), `${registry.address}/peer/oras:1`);
      },
    },
  ];
  if (peers.tektonCaches !== undefined) lanes.push(tektonCachesUpload(bench, of, peers.tektonCaches, tree));
  return lanes;
};

const archiverUpload = async (
  { registry, directory }: Workbench,
  of: Corpus,
  archiver: Archiver,
  tree: string,
): Promise<Lane> => {
  const file = join(directory, `peer.${archiver.id}`);
  const digest = await archiveDigest(archiver, tree, file);
  return {
    id: `${archiver.id}-put ${of.name}`,
    group: coldUploadGroup(of),
    title: `${archiver.packs} to a file, then PUT of the file`,
    prepare: async () => {
      await Promise.all([registry.clear(), rm(file, { force: true }), forget(tree)]);
      return packAndPut(archiver, tree, file, registry.address, digest);
    },
    verify: async () => (await stat(file)).size,
  };
};

/** Makes the archive of a tree. Returns its digest. */
export const archiveDigest = async ({ pack }: Archiver, tree: string, file: string): Promise<string> => {
  await forget(tree);
  await runCommand('sh', ['-c', pack(tree, file)]);
  return fileDigest(file);
};

const tektonCachesUpload = ({ registry, directory }: Workbench, of: Corpus, binary: string, tree: string): Lane => ({
  id: `tekton-caches upload ${of.name}`,
  group: coldUploadGroup(of),
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

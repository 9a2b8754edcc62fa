import { rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import type { Lane } from '../lanes/lane.ts';
import { BSDTAR, getAndUnpack, GNU_TAR, uploadBlob } from '../peers/archiver.ts';
import { orasPull, orasPush } from '../peers/oras.ts';
import { tektonCaches } from '../peers/tekton-caches.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { corpus } from '../trees/corpora.ts';
import type { Corpus } from '../trees/corpora.ts';
import { isSame, readTree } from '../trees/tree.ts';
import type { Tolerance } from '../trees/tree.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';
import { archiveDigest, keyDirectory } from './cold-upload.ts';

/** A file of somebody else, which stays. */
const OTHER = 'other';

export const coldFetchGroup = (of: Corpus): string => `cold fetch, ${of.name}`;

/** A fetch of all files, into an empty directory or beside something else. */
export const coldFetch = async (bench: Workbench, of: Corpus): Promise<Lane[]> => {
  const { registry, directory, peers } = bench;
  const group = coldFetchGroup(of);
  const tree = await copyTree(await corpus(of), join(directory, 'tree'));
  const expected = readTree(tree);
  await registry.clear();
  const archives = [];
  for (const archiver of [GNU_TAR, BSDTAR]) {
    const file = join(directory, `peer.${archiver.id}`);
    const digest = await archiveDigest(archiver, tree, file);
    await uploadBlob(registry.address, file, digest);
    archives.push({ archiver, digest });
  }
  const target = `${registry.address}/bench/${of.name}:fetch`;
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  const image = `${registry.address}/peer/crane:${of.name}`;
  await forget(tree);
  const tar = join(directory, 'peer.crane');
  await runCommand(
    'sh',
    ['-c', `tar -C ${tree} -cf ${tar} . && ${peers.crane} append --insecure -f ${tar} -t ${image}`],
    { timeout: 600_000 },
  );
  const artifact = `${registry.address}/peer/oras:${of.name}`;
  await runCommand('sh', ['-c', orasPush(peers.oras, dirname(tree), basename(tree), artifact)], { timeout: 600_000 });
  const back = join(directory, 'back');
  const into = async (commandLine: string): Promise<string> => {
    await emptyDirectory(back);
    return commandLine;
  };
  const same = async (tolerance?: Tolerance): Promise<undefined> => {
    if (!isSame(readTree(back), expected, tolerance)) throw new Error(`${group}: a wrong tree came back`);
    return undefined;
  };
  const lanes: Lane[] = [
    {
      id: `fetch ${of.name}`,
      group,
      title: 'tekton-cache fetch',
      prepare: () => into(fetchCommand(target, back)),
      verify: async ({ output }) => {
        expectResults(output, { hit: 'true', match: 'exact' });
        return same();
      },
    },
    {
      id: `fetch beside ${of.name}`,
      group,
      title: 'tekton-cache fetch, beside another file',
      prepare: async () => {
        const commandLine = await into(fetchCommand(target, back));
        await writeFile(join(back, OTHER), 'not of the entry');
        return commandLine;
      },
      verify: async ({ output }) => {
        expectResults(output, { hit: 'true', match: 'exact' });
        await rm(join(back, OTHER));
        return same();
      },
    },
    ...archives.map(({ archiver, digest }): Lane => ({
      id: `curl-${archiver.id} ${of.name}`,
      group,
      title: `curl of one blob to a file, then ${archiver.unpacks}`,
      prepare: () => into(getAndUnpack(archiver, registry.address, digest, join(directory, 'peer.down'), back)),
      verify: () => same(1_000_000_000n),
    })),
    {
      id: `crane-export-tar ${of.name}`,
      group,
      title: 'crane export | tar -x (an image of crane append)',
      prepare: () => into(`${peers.crane} export --insecure ${image} - | tar -C ${back} -xf -`),
      verify: () => same(1_000_000_000n),
    },
    {
      id: `oras-pull ${of.name}`,
      group,
      title: 'oras pull (gzip; its tree is not compared)',
      mayRefuse: true,
      prepare: () => into(orasPull(peers.oras, back, artifact)),
    },
  ];
  const binary = peers.tektonCaches;
  if (binary !== undefined) {
    const key = await keyDirectory(directory);
    await runCommand('sh', ['-c', tektonCaches(binary, 'upload', tree, key, registry.address)], { timeout: 600_000 });
    lanes.push({
      id: `tekton-caches fetch ${of.name}`,
      group,
      title: 'tekton-caches fetch (its tree is not compared: it drops links, modes and times)',
      mayRefuse: true,
      prepare: () => into(tektonCaches(binary, 'fetch', back, key, registry.address)),
    });
  }
  return lanes;
};

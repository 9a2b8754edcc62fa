import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import { corpus } from '../trees/corpora.ts';
import type { Corpus } from '../trees/corpora.ts';
import type { Lane } from '../lanes/lane.ts';
import { curlZstdTar, tektonCaches, uploadBlob } from '../peers/peers.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { isSame, readTree } from '../trees/tree.ts';
import type { Tolerance } from '../trees/tree.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';
import { archiveDigest, keyDirectory } from './cold-upload.ts';

/** A file of somebody else, which stays. */
const OTHER = 'other';

/** A fetch of all files, into an empty directory or beside something else. */
export const coldFetch = async (bench: Workbench, of: Corpus): Promise<Lane[]> => {
  const { registry, directory, peers } = bench;
  const group = `cold fetch, ${of.name}`;
  const tree = await copyTree(await corpus(of), join(directory, 'tree'));
  const expected = readTree(tree);
  const file = join(directory, 'peer.tar.zst');
  const digest = await archiveDigest(tree, file);
  await registry.clear();
  await uploadBlob(registry.address, file, digest);
  const target = `${registry.address}/bench/${of.name}:fetch`;
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  const image = `${registry.address}/peer/crane:${of.name}`;
  await forget(tree);
  await runCommand(
    'sh',
    ['-c', `tar -C ${tree} -cf ${file}.crane . && ${peers.crane} append --insecure -f ${file}.crane -t ${image}`],
    { timeout: 600_000 },
  );
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
    {
      id: `curl-zstd-tar ${of.name}`,
      group,
      title: 'curl of one blob to a file, then zstd -dc | tar -x',
      prepare: () => into(curlZstdTar(registry.address, digest, join(directory, 'peer.down'), back)),
      verify: () => same(1_000_000_000n),
    },
    {
      id: `crane-export-tar ${of.name}`,
      group,
      title: 'crane export | tar -x (an image of crane append)',
      prepare: () => into(`${peers.crane} export --insecure ${image} - | tar -C ${back} -xf -`),
      verify: () => same(1_000_000_000n),
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
      prepare: () => into(tektonCaches(binary, 'fetch', back, key, registry.address)),
    });
  }
  return lanes;
};

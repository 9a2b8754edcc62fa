import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../../support/cache-directory.ts';
import { runCommand } from '../../support/command.ts';
import { canLimitMemory } from '../../support/process/memory-limit.ts';
import type { Lane } from '../lanes/lane.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { corpus, NODE_MODULES } from '../trees/corpora.ts';
import { isSame, readTree } from '../trees/tree.ts';
import { copyTree } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

/** The limit of the container: below 512 MiB the program saves memory. */
export const LITTLE_MEMORY_MIB = 256;

export const UPLOAD_LIMITED = 'upload limited';
export const UPLOAD_ROOMY = 'upload roomy';
export const FETCH_LIMITED = 'fetch limited';
export const FETCH_ROOMY = 'fetch roomy';

const LIMITED = { memory: LITTLE_MEMORY_MIB * 2 ** 20 };

/** A disk that the lanes wrote to; what they left there goes when they have all run. */
interface LittleMemory {
  readonly lanes: Lane[];
  readonly remove: () => Promise<void>;
}

/**
 * Cold upload and fetch with a container's limit and without. On a disk: pages of a tmpfs are memory of who writes them. Each fetch has
 * a directory of its own: ext4 is slow where many files were deleted just before.
 */
export const littleMemory = async ({ registry, report }: Workbench): Promise<LittleMemory> => {
  const disk = cacheDirectory('bench', `disk-${process.pid}`);
  await mkdir(disk, { recursive: true });
  const remove = async (): Promise<void> => void (await runCommand('rm', ['-rf', disk], { timeout: 600_000 }));
  if (!(await canLimitMemory(disk))) {
    report('no memory limits: they need root, cgroups and a disk');
    await rm(disk, { recursive: true });
    return { lanes: [], remove };
  }
  const tree = await copyTree(await corpus(NODE_MODULES), join(disk, 'tree'));
  const expected = readTree(tree);
  const target = `${registry.address}/bench/memory:1`;
  await registry.clear();
  const upload = (id: string, title: string, options: Lane['options']): Lane => ({
    id,
    group: 'cold upload from a disk',
    title,
    ...(options === undefined ? {} : { options }),
    prepare: async () => {
      await Promise.all([registry.clear(), forget(tree)]);
      return uploadCommand(target, tree);
    },
    verify: async ({ output }) => Number(expectResults(output, { uploaded: 'true', reason: 'pushed' })['bytes']),
  });
  const fetch = (id: string, title: string, options: Lane['options']): Lane => {
    let back = '';
    return {
      id,
      group: 'cold fetch to a disk',
      title,
      ...(options === undefined ? {} : { options }),
      prepare: async (round) => {
        back = join(disk, `${id.replace(' ', '-')}-${round}`);
        await mkdir(back);
        return fetchCommand(target, back);
      },
      verify: async ({ output }) => {
        expectResults(output, { hit: 'true', match: 'exact' });
        if (!isSame(readTree(back), expected)) throw new Error(`${title}: a wrong tree came back`);
        return undefined;
      },
    };
  };
  const container = `in a container of ${LITTLE_MEMORY_MIB} MiB`;
  const lanes = [
    upload(UPLOAD_LIMITED, `tekton-cache upload, ${container}`, LIMITED),
    upload(UPLOAD_ROOMY, 'tekton-cache upload', undefined),
    fetch(FETCH_LIMITED, `tekton-cache fetch, ${container}`, LIMITED),
    fetch(FETCH_ROOMY, 'tekton-cache fetch', undefined),
  ];
  return { lanes, remove };
};

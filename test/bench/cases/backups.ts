import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import type { Lane } from '../lanes/lane.ts';
import { CASYNC, repositoryBytes, restic } from '../peers/backup.ts';
import type { BackupTool } from '../peers/backup.ts';
import { forget } from '../product.ts';
import { corpus, NODE_MODULES, NODE_MODULES_BUMPED } from '../trees/corpora.ts';
import { apply, difference } from '../trees/difference.ts';
import { isSame, readTree } from '../trees/tree.ts';
import type { Tree } from '../trees/tree.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';
import { coldFetchGroup } from './cold-fetch.ts';
import { coldUploadGroup } from './cold-upload.ts';
import { BUMPED_FETCH, BUMPED_UPLOAD } from './incremental.ts';

const NO_WIRE = 'to and from a directory, without a wire';

const keep = async (tool: BackupTool, repository: string, tree: string): Promise<void> =>
  void (await runCommand('sh', ['-c', tool.keep(repository, tree)], { timeout: 600_000 }));

/** Programs of backups at the work of a cache: everything, into nothing and out of it. */
export const coldBackups = async (bench: Workbench): Promise<{ uploads: Lane[]; fetches: Lane[] }> => {
  const tree = join(bench.directory, 'tree');
  const back = join(bench.directory, 'back');
  const expected = readTree(await corpus(NODE_MODULES));
  const lanes = [restic(bench.peers.restic), CASYNC].map((tool) => {
    const repository = join(bench.directory, tool.id);
    const upload: Lane = {
      id: `${tool.id} upload`,
      group: coldUploadGroup(NODE_MODULES),
      title: `${tool.title}, ${NO_WIRE}`,
      prepare: async () => {
        await Promise.all([tool.begin(repository), forget(tree)]);
        return tool.keep(repository, tree);
      },
      verify: () => repositoryBytes(repository),
    };
    const fetch: Lane = {
      id: `${tool.id} fetch`,
      group: coldFetchGroup(NODE_MODULES),
      title: `${tool.title}, ${NO_WIRE}`,
      prepare: async (round) => {
        if (round === 0) {
          await Promise.all([tool.begin(repository), forget(tree)]);
          await keep(tool, repository, tree);
        }
        await emptyDirectory(back);
        return tool.bring(repository, back);
      },
      verify: () => compare(tool, back, expected),
    };
    return { upload, fetch };
  });
  return { uploads: lanes.map(({ upload }) => upload), fetches: lanes.map(({ fetch }) => fetch) };
};

/** The same with what changed: the repository has the state before, and so has the directory that is restored. */
export const bumpedBackups = async (bench: Workbench): Promise<Lane[]> => {
  const [from, to] = [await corpus(NODE_MODULES), await corpus(NODE_MODULES_BUMPED)];
  const bump = difference(from, to);
  const tree = join(bench.directory, 'tree');
  const fresh = await copyTree(from, join(bench.directory, 'fresh'));
  apply(bump, to, fresh);
  const expected = readTree(fresh);
  return [restic(bench.peers.restic), CASYNC].flatMap((tool): Lane[] => {
    const repository = join(bench.directory, tool.id);
    let before = 0;
    const holdBefore = async (): Promise<void> => {
      await tool.begin(repository);
      await copyTree(from, tree);
      await keep(tool, repository, tree);
      before = await repositoryBytes(repository);
    };
    return [
      {
        id: `${tool.id} bumped upload`,
        group: BUMPED_UPLOAD,
        title: `${tool.title}, ${NO_WIRE}`,
        prepare: async () => {
          await holdBefore();
          apply(bump, to, tree);
          return tool.keep(repository, tree);
        },
        verify: async () => (await repositoryBytes(repository)) - before,
      },
      {
        id: `${tool.id} bumped fetch`,
        group: BUMPED_FETCH,
        title: `${tool.title}, ${NO_WIRE}`,
        prepare: async () => {
          await holdBefore();
          await keep(tool, repository, fresh);
          return tool.bring(repository, tree);
        },
        verify: () => compare(tool, tree, expected),
      },
    ];
  });
};

const compare = async (tool: BackupTool, path: string, expected: Tree): Promise<undefined> => {
  if (!isSame(readTree(path), expected)) throw new Error(`${tool.title}: a wrong tree came back`);
  return undefined;
};

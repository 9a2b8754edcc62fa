import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../../support/command.ts';
import { corpus, NODE_MODULES, NODE_MODULES_BUMPED } from '../trees/corpora.ts';
import { apply, difference } from '../trees/difference.ts';
import type { Difference } from '../trees/difference.ts';
import type { Lane } from '../lanes/lane.ts';
import { expectResults, fetchCommand, product, uploadCommand } from '../product.ts';
import { isSame, readTree } from '../trees/tree.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

export const BUMPED_UPLOAD = 'two bumps, upload';
export const BUMPED_FETCH = 'two bumps, fetch';

const lstatLane = (group: string, id: string, directory: string): Lane => ({
  id,
  group,
  title: 'a bare recursive lstat in Node',
  prepare: () => Promise.resolve(`exec ${product.node} ${join(import.meta.dirname, '..', 'lstat.js')} ${directory}`),
});

/** Nothing changed: an upload after an upload, and a fetch into a directory that has everything. */
export const unchanged = async ({ registry, directory }: Workbench): Promise<Lane[]> => {
  const tree = await copyTree(await corpus(NODE_MODULES), join(directory, 'tree'));
  const target = `${registry.address}/bench/unchanged:1`;
  await registry.clear();
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  // Files younger than the stat cache's grain are read again, by design; a second upload finds them older.
  await pause(2_500);
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  return [
    {
      id: 'upload unchanged',
      group: 'nothing changed, upload',
      title: 'tekton-cache upload',
      prepare: () => Promise.resolve(uploadCommand(target, tree)),
      verify: async ({ output }) => Number(expectResults(output, { uploaded: 'false', reason: 'unchanged' })['bytes']),
    },
    lstatLane('nothing changed, upload', 'lstat upload', tree),
    {
      id: 'fetch unchanged',
      group: 'nothing changed, fetch',
      title: 'tekton-cache fetch',
      prepare: () => Promise.resolve(fetchCommand(target, tree)),
      verify: async ({ output }) => {
        expectResults(output, { hit: 'true' });
        return undefined;
      },
    },
    lstatLane('nothing changed, fetch', 'lstat fetch', tree),
  ];
};

/** Two dependencies of a node_modules tree are bumped. */
export const bumped = async ({
  registry,
  directory,
  report,
}: Workbench): Promise<{ lanes: Lane[]; bump: Difference }> => {
  const [from, to] = [await corpus(NODE_MODULES), await corpus(NODE_MODULES_BUMPED)];
  const bump = difference(from, to);
  report(`two bumps: ${bump.changed.length} entries new or changed, ${bump.removed.length} gone`);
  const tree = join(directory, 'tree');
  const repository = `${registry.address}/bench/bumped`;
  const old = await copyTree(from, join(directory, 'old'));
  const fresh = await copyTree(from, join(directory, 'fresh'));
  apply(bump, to, fresh);
  const expected = readTree(fresh);
  /** A directory that was uploaded once, and whose stat cache is old enough to be trusted. */
  const warm = async (): Promise<void> => {
    await copyTree(old, tree);
    await runCommand('sh', ['-c', uploadCommand(`${repository}:old`, tree)]);
    await pause(2_500);
    await runCommand('sh', ['-c', uploadCommand(`${repository}:old`, tree)]);
  };
  const verified = (path: string): void => {
    if (!isSame(readTree(path), expected)) throw new Error('two bumps: a wrong tree');
  };
  const lanes: Lane[] = [
    {
      id: 'upload bumped',
      group: BUMPED_UPLOAD,
      title: 'tekton-cache upload',
      prepare: async (round) => {
        await registry.clear();
        await warm();
        apply(bump, to, tree);
        return uploadCommand(`${repository}:new${round}`, tree);
      },
      verify: async ({ output }) => {
        const { target = '', bytes } = expectResults(output, { uploaded: 'true' });
        const back = await emptyDirectory(join(directory, 'back'));
        await runCommand('sh', ['-c', fetchCommand(target, back)]);
        verified(back);
        return Number(bytes);
      },
    },
    lstatLane(BUMPED_UPLOAD, 'lstat bumped upload', tree),
    {
      id: 'fetch bumped',
      group: BUMPED_FETCH,
      title: 'tekton-cache fetch --clean',
      prepare: async () => {
        await registry.clear();
        await warm();
        // what another machine uploaded, building upon the same entry
        await runCommand('sh', [
          '-c',
          fetchCommand(`${repository}:old`, await emptyDirectory(join(directory, 'other'))),
        ]);
        apply(bump, to, join(directory, 'other'));
        await runCommand('sh', ['-c', uploadCommand(`${repository}:new`, join(directory, 'other'))]);
        return fetchCommand(`${repository}:new`, tree, '--clean', '2>&1 >' + join(directory, 'results.json'));
      },
      verify: async ({ output }) => {
        verified(tree);
        return receivedBytes(output);
      },
    },
    lstatLane(BUMPED_FETCH, 'lstat bumped fetch', tree),
  ];
  return { lanes, bump };
};

const UNITS: Readonly<Record<string, number>> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9 };

/** What the log says came over the wire, as rounded there. */
const receivedBytes = (log: string): number | undefined => {
  const [, number, unit = ''] = /([\d.]+) (B|kB|MB|GB) received/.exec(log) ?? [];
  return number === undefined ? undefined : Number(number) * (UNITS[unit] ?? Number.NaN);
};

import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import { emptyDirectory } from '../workbench.ts';

/**
 * A program that keeps states of a tree in a repository of chunks. The repository is a directory beside the tree: what would go over a
 * wire is written to tmpfs, so that it is measured without one.
 */
export interface BackupTool {
  readonly id: string;
  readonly title: string;
  /** Makes an empty repository. */
  readonly begin: (repository: string) => Promise<void>;
  /** Keeps a state of the tree; of what the repository holds already it may take what it knows. */
  readonly keep: (repository: string, tree: string) => string;
  /** Makes the tree as the last state has it, from whatever is there. */
  readonly bring: (repository: string, tree: string) => string;
}

const PASSWORD = 'RESTIC_PASSWORD=bench';

export const restic = (program: string): BackupTool => ({
  id: 'restic',
  title: 'restic',
  begin: async (repository) => {
    await emptyDirectory(repository);
    await runCommand('sh', ['-c', `${PASSWORD} ${program} -q -r ${repository} init`]);
  },
  keep: (repository, tree) =>
    `cd ${tree} && ${PASSWORD} ${program} -q -r ${repository} backup --exclude=/.tekton-cache .`,
  bring: (repository, tree) =>
    `${PASSWORD} ${program} -q -r ${repository} restore latest --overwrite if-changed --delete --target ${tree}`,
});

/** What desync is a reimplementation of; the modules of desync cannot be verified by the checksum database of Go here. */
export const CASYNC: BackupTool = {
  id: 'casync',
  title: 'casync',
  begin: async (repository) => void (await emptyDirectory(repository)),
  keep: (repository, tree) =>
    `casync make --store=${join(repository, 'chunks')} ${join(repository, 'state.caidx')} ${tree} >/dev/null`,
  bring: (repository, tree) =>
    `casync extract --store=${join(repository, 'chunks')} ${join(repository, 'state.caidx')} ${tree}`,
};

/** Bytes in a repository. */
export const repositoryBytes = async (repository: string): Promise<number> =>
  Number((await runCommand('du', ['-sb', repository])).split('\t')[0]);

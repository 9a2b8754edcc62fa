import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { runCommand } from '../../support/command.ts';
import { traceOpens, whyNoTrace } from '../../support/process/open-trace.ts';
import { corpus, NODE_MODULES } from '../trees/corpora.ts';
import { fetchCommand, uploadCommand } from '../product.ts';
import { copyTree } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

/** Files of the tree that were opened when nothing had changed. */
export interface OpenedFiles {
  readonly upload: number;
  readonly fetch: number;
}

/** Nothing where strace cannot be had. */
export const openedFiles = async ({ registry, directory, report }: Workbench): Promise<OpenedFiles | undefined> => {
  const reason = await whyNoTrace();
  if (reason !== undefined) {
    report(reason);
    return undefined;
  }
  const tree = await copyTree(await corpus(NODE_MODULES), join(directory, 'tree'));
  const target = `${registry.address}/bench/opened:1`;
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  // As in the case of nothing changed: a second upload finds the files older than the stat cache's grain.
  await pause(2_500);
  await runCommand('sh', ['-c', uploadCommand(target, tree)]);
  const count = (command: string): number =>
    traceOpens(`${command} >${join(directory, 'results.json')}`, tree, join(directory, 'trace')).length;
  return { upload: count(uploadCommand(target, tree)), fetch: count(fetchCommand(target, tree)) };
};

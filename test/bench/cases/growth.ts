import { join } from 'node:path';
import { runCommand } from '../../support/command.ts';
import { corpus, manyFiles } from '../trees/corpora.ts';
import { measure } from '../lanes/measure.ts';
import { median } from '../lanes/spread.ts';
import { expectResults, fetchCommand, forget, uploadCommand } from '../product.ts';
import { copyTree, emptyDirectory } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';

export interface Growth {
  readonly files: number;
  readonly processors: string;
  /** Microseconds a file. */
  readonly upload: number;
  readonly fetch: number;
  readonly unchanged: number;
  /** MiB, of the largest process. */
  readonly peak: number;
}

/** What a file costs as the number of files grows, on one core and on two. */
export const growth = async (bench: Workbench, counts: readonly number[], rounds: number): Promise<Growth[]> => {
  const { registry, directory, report } = bench;
  const rows: Growth[] = [];
  for (const files of counts) {
    const tree = await copyTree(await corpus(manyFiles(files)), join(directory, 'grow'));
    const target = `${registry.address}/bench/grow:${files}`;
    for (const processors of ['0', '0,1']) {
      const [uploads, fetches, unchanged]: [number[], number[], number[]] = [[], [], []];
      let peak = 0;
      const timed = async (commandLine: string, into: number[], expected: Readonly<Record<string, string>>) => {
        const sample = await measure(commandLine, { processors });
        expectResults(sample.output, expected);
        into.push((sample.seconds * 1e6) / files);
        peak = Math.max(peak, sample.peakKiB / 1024);
      };
      for (let round = 0; round < (files >= 100_000 ? 1 : rounds); round++) {
        await Promise.all([registry.clear(), forget(tree)]);
        await timed(uploadCommand(target, tree), uploads, { uploaded: 'true' });
        await timed(uploadCommand(target, tree), unchanged, { reason: 'unchanged' });
        await timed(fetchCommand(target, await emptyDirectory(join(directory, 'back'))), fetches, { hit: 'true' });
      }
      rows.push({
        files,
        processors,
        upload: median(uploads),
        fetch: median(fetches),
        unchanged: median(unchanged),
        peak,
      });
      report(`growth: ${files} files on ${processors === '0' ? 'one core' : 'two cores'}`);
    }
    await runCommand('rm', ['-rf', tree, join(directory, 'back')], { timeout: 600_000 });
  }
  return rows;
};

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { restoresExactly, WAYS, type Runs } from '../support/entry/trees-over-trees.ts';

/** The same as the suite does, as often as it is told to. @throws the smallest trees that are not restored as they were */
export async function fuzzTrees(runs: Runs): Promise<void> {
  for (const [how, put] of Object.entries(WAYS)) {
    const top = mkdtempSync(join(tmpdir(), 'fuzz-trees-'));
    try {
      await restoresExactly(put, top, runs);
    } finally {
      rmSync(top, { recursive: true });
    }
    process.stdout.write(`${how}, seed ${runs.seed ?? 'any'}: ${runs.numRuns} trees were restored exactly\n`);
  }
}

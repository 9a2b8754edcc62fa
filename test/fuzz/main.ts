/**
 * Feeds the readers of foreign bytes with mutations of inputs, and keeps those that reach new branches.
 *
 *   npm run fuzz -- TARGET [--runs N] [--seed N]        TARGET: tar, index, block
 *
 * `trees` restores random trees over random trees instead, N for each way to have one.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import { seeded } from '../support/tree/change-tree.ts';
import { Coverage } from './coverage.ts';
import { corpusDirectory, keepInput, readCorpus } from './corpus.ts';
import { mutate } from './mutate.ts';
import type { TargetName } from './targets.ts';

/** Inputs between two looks at the coverage, which take longer than a run. */
const BATCH = 100;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { runs: { type: 'string', default: '100000' }, seed: { type: 'string', default: String(Date.now() % 1e6) } },
});
const coverage = new Coverage();
const { TARGETS } = await import('./targets.ts');
const isTarget = (name: string | undefined): name is TargetName => name !== undefined && name in TARGETS;
const [name] = positionals;
if (name === 'trees') {
  await (await import('./trees.ts')).fuzzTrees({ numRuns: Number(values.runs), seed: Number(values.seed) });
  process.exit();
}
if (!isTarget(name)) throw new Error(`Name what to fuzz: ${[...Object.keys(TARGETS), 'trees'].join(', ')}.`);

const target = TARGETS[name];
const random = seeded(Number(values.seed));
const corpus: Buffer[] = [];
const seen = new Set<string>();

const run = (input: Buffer): void => {
  try {
    target.run(input);
  } catch (error) {
    process.stderr.write(`\nThe input ${keepInput(process.cwd(), input)} is neither read nor refused:\n`);
    throw error;
  }
};
const reachesNew = (branches: Set<string>): boolean => [...branches].some((branch) => !seen.has(branch));
/** Runs an input by itself, and keeps it when it reaches a new branch. */
const consider = (input: Buffer): boolean => {
  run(input);
  const branches = coverage.take();
  if (!reachesNew(branches)) return false;
  for (const branch of branches) seen.add(branch);
  corpus.push(input);
  return true;
};
const pick = (): Buffer => corpus[random(corpus.length)] ?? Buffer.alloc(0);
const mutated = (): Buffer => {
  const input = mutate(pick(), pick(), random, target.unit ?? 1);
  if (random(8) !== 0) target.mend?.(input);
  return input;
};

for (const input of [...target.seeds, ...readCorpus(name)]) consider(input);
process.stdout.write(`${name}, seed ${values.seed}: ${corpus.length} inputs reach ${seen.size} branches\n`);
const runs = Number(values.runs);
for (let done = 0; done < runs; done += BATCH) {
  const batch = Array.from({ length: BATCH }, mutated);
  batch.forEach(run);
  const branches = coverage.take();
  if (reachesNew(branches)) {
    for (const input of batch) if (consider(input)) keepInput(corpusDirectory(name), input);
    // What no input of the batch reaches again is not looked for any more.
    for (const branch of branches) seen.add(branch);
  }
  if ((done + BATCH) % 100_000 === 0) process.stdout.write(`${done + BATCH}: ${corpus.length} reach ${seen.size}\n`);
}
process.stdout.write(`${name}: ${runs} inputs were read or refused; ${corpus.length} reach ${seen.size} branches\n`);

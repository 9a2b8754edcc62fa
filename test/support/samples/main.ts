/**
 * The samples, each cold and warm, on the cluster that runs, or on one for the time of it.
 *
 *   npm run samples [-- --only SAMPLE ...] [--way WAY ...] [--keep]
 *
 * `--only` names folders of `samples/`, `--way` the file of a way in them: `pipelinerun`, `customruns`, or one of `golang`. `--keep` leaves
 * the cluster, and the namespace with all that ran in it. Figures of a way are written where
 * all is as it has to be.
 */
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../cluster/borrowed-cluster.ts';
import { ECOSYSTEM_PROGRAMS, requirePackages } from '../prerequisites/debian.ts';
import type { Product } from '../product/product.ts';
import { openProduct } from '../product/product.ts';
import { writeFigures, writeOverview } from './ecosystem/figures.ts';
import type { Measured } from './ecosystem/measure.ts';
import { measureEcosystem } from './ecosystem/measure.ts';
import * as ecosystemReport from './ecosystem/report.ts';
import { waysOf } from './ecosystem/sample-files.ts';
import { ECOSYSTEMS } from './ecosystem/table.ts';
import { measureGolang } from './golang/measure.ts';
import { writePage } from './golang/page.ts';
import * as golangReport from './golang/report.ts';
import { WAYS } from './golang/way.ts';
import type { Ground } from './ground.ts';
import { withGround } from './ground.ts';

const say = (line: string): void => console.error(line);
const MACHINE = `${cpus().length} processors (${cpus()[0]?.model.trim() ?? 'unknown'})`;

/** A busy machine is no reason for a cold cache. */
const PATIENCE = { 'scheduling-deadline': '5m', 'start-deadline': '5m' };

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    way: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
  },
});

/** Those of `all` that are named; all when no name is given. */
const chosen = (option: string, names: readonly string[], all: readonly string[]): readonly string[] => {
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length > 0) throw new Error(`--${option} ${unknown.join(', ')}: there are ${all.join(', ')}`);
  return all.filter((name) => names.length === 0 || names.includes(name));
};

const measuredSoFar: Measured[] = [];

const fail = (line: string): void => {
  say(`NOT AS EXPECTED: ${line}`);
  process.exitCode = 1;
};

const golang = async (product: Product, ground: Ground): Promise<void> => {
  const ways = WAYS.filter(({ name }) => wayNames.includes(name));
  if (ways.length === 0) return;
  const measured = await measureGolang(product, ground, ways, say);
  console.log(golangReport.reportAsText(measured));
  const wrong = golangReport.complaints(measured);
  for (const line of wrong) fail(line);
  if (measured.length < ways.length) fail('not every way of golang came to its end');
  else if (wrong.length === 0) await writePage(measured, MACHINE);
};

const ecosystem = async (product: Product, ground: Ground, name: string): Promise<void> => {
  const found = ECOSYSTEMS.find((one) => one.name === name);
  if (found === undefined) return;
  const ways = waysOf(found).filter((way) => wayNames.includes(way.name));
  if (ways.length === 0) return;
  const measured = await measureEcosystem(product, ground, found, ways, say);
  measuredSoFar.push(...measured);
  console.log(ecosystemReport.reportAsText(measured));
  const wrong = ecosystemReport.complaints(measured);
  for (const line of wrong) fail(line);
  if (wrong.length > 0) return;
  await writeFigures(name, measured, MACHINE);
  await writeOverview(ECOSYSTEMS.map((one) => one.name));
};

const names = chosen('only', values.only, ['golang', ...ECOSYSTEMS.map(({ name }) => name)]);
const wayNames = chosen(
  'way',
  values.way,
  [...new Set([...ECOSYSTEMS.flatMap(waysOf), ...WAYS].map(({ name }) => name))],
);
await requirePackages(say, ECOSYSTEM_PROGRAMS);
const borrowed = await borrowCluster({ resolvers: true }, say);
const product = await openProduct(PATIENCE);
if (product === undefined) throw new Error('The samples look into the log of the mirror, which only the bench has.');
try {
  for (const name of names) {
    await withGround(product.cluster, values.keep, async (ground) => {
      say(`namespace ${ground.namespace}`);
      await (name === 'golang' ? golang(product, ground) : ecosystem(product, ground, name)).catch((error: unknown) =>
        fail(`${name}: ${error instanceof Error ? error.message : String(error)}`),
      );
    });
  }
  if (names.length > 1) console.log(ecosystemReport.reportAsText(measuredSoFar));
} finally {
  await product.close();
  if (!values.keep) await borrowed.giveBack();
}

/**
 * The sample of Go, cached in five ways, each cold and warm, on the cluster that runs, or on one for the time of it.
 *
 *   npm run samples [-- --only WAY ...] [--keep]
 *
 * `--keep` leaves the cluster, and the namespace with all that ran in it.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { borrowCluster } from '../cluster/borrowed-cluster.ts';
import { setFeatureFlags } from '../cluster/feature-flags.ts';
import { createTestNamespace } from '../cluster/test-namespace.ts';
import { startGitServer } from '../git/git-server.ts';
import { provideSampleImage } from '../image/sample-images.ts';
import type { Product } from '../product/product.ts';
import { openProduct } from '../product/product.ts';
import { asMarkdown, asText, complaints } from './report.ts';
import type { Measured } from './report.ts';
import { runSample } from './sample-run.ts';
import { prepareSample, prepareWay, readProject } from './sample.ts';
import type { Surroundings } from './sample.ts';
import type { Way } from './way.ts';
import { WAYS } from './way.ts';

const say = (line: string): void => console.error(line);
const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'bench', 'samples.md');

/** A busy machine is no reason for a cold cache. */
const PATIENCE = { 'scheduling-deadline': '5m', 'start-deadline': '5m' };

/**
 * Each way cold, in repositories of its own, and warm: those that use a registry share the entries that the first of them left.
 * What fails is told, and the others go on.
 */
const measure = async (
  product: Product,
  ways: readonly Way[],
  surroundings: Surroundings,
): Promise<readonly Measured[]> => {
  const { cluster } = product;
  await prepareSample(cluster.api, surroundings);
  const measured: Measured[] = [];
  for (const way of ways) {
    const run = async (state: string, repository: string) => {
      say(`samples/golang/${way.name}.yaml: ${state}`);
      const name = `${way.name}-${state}`;
      return await runSample(cluster, await prepareWay(cluster.api, way, { name, repository, surroundings }));
    };
    const restore = await setFeatureFlags(cluster.api, way.featureFlags ?? {});
    try {
      const cold = await run('cold', way.name);
      const shared = measured.find((one) => one.way.registry)?.way ?? way;
      const both = { way, cold, warm: await run('warm', shared.name) };
      measured.push(both);
      say(`${asText([both])}\n`);
    } catch (error) {
      say(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    } finally {
      await restore();
    }
  }
  return measured;
};

/** A namespace, images and a git repository for the time of `work`. */
const withSurroundings = async <T>(
  { cluster, image, registry }: Product,
  work: (surroundings: Surroundings) => Promise<T>,
): Promise<T> => {
  const { host } = cluster.state.registry;
  const goImage = await provideSampleImage('golang', host);
  const gitImage = await provideSampleImage('git', host);
  const git = await startGitServer(cluster.local.hostAddress);
  const space = await createTestNamespace(cluster.api, { prefix: 'samples' });
  try {
    await git.commit('shapes', await readProject());
    const proxy = `${cluster.local.mirror}/go`;
    return await work({ namespace: space.name, goImage, gitImage, image, registry, proxy, url: git.url('shapes') });
  } finally {
    await git.stop();
    if (values.keep) say(`namespace ${space.name} is left`);
    else await space.delete();
  }
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    keep: { type: 'boolean', default: false },
  },
});
const unknown = values.only.filter((name) => !WAYS.some((way) => way.name === name));
if (unknown.length > 0)
  throw new Error(`--only ${unknown.join(', ')}: the ways are ${WAYS.map(({ name }) => name).join(', ')}`);
const ways = WAYS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));

const borrowed = await borrowCluster({ resolvers: true }, say);
const product = await openProduct(PATIENCE);
if (product === undefined) throw new Error('The samples look into the log of the mirror, which only the bench has.');
try {
  const measured = await withSurroundings(
    product,
    async (surroundings) => await measure(product, ways, surroundings),
  );
  console.log(asText(measured));
  const wrong = complaints(measured);
  for (const line of wrong) say(`NOT AS EXPECTED: ${line}`);
  if (wrong.length > 0) process.exitCode = 1;
  if (measured.length === WAYS.length && process.exitCode === undefined) {
    await mkdir(join(PAGE, '..'), { recursive: true });
    await writeFile(PAGE, asMarkdown(measured, `${cpus().length} processors (${cpus()[0]?.model.trim() ?? 'unknown'})`));
  }
} finally {
  await product.close();
  if (!values.keep) await borrowed.giveBack();
}

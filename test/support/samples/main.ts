/**
 * The sample of Go, cached in five ways, each cold and warm, on the cluster that runs.
 *
 *   npm run samples [-- --only WAY ...]
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { createTestNamespace } from '../cluster/test-namespace.ts';
import { provideSampleImage } from '../image/sample-images.ts';
import type { Product } from '../product/product.ts';
import { openProduct } from '../product/product.ts';
import { asMarkdown, asText, complaints } from './report.ts';
import type { Measured } from './report.ts';
import { runSample } from './sample-run.ts';
import { prepareSample, prepareWay } from './sample.ts';
import type { Way } from './way.ts';
import { WAYS } from './way.ts';

const say = (line: string): void => console.error(line);
const PAGE = join(import.meta.dirname, '..', '..', '..', 'docs', 'bench', 'samples.md');

/** Each way cold and warm; what fails is told, and the others go on. */
const measure = async (product: Product, ways: readonly Way[]): Promise<readonly Measured[]> => {
  const { cluster, image, registry } = product;
  const goImage = await provideSampleImage('golang', cluster.state.registry.host);
  const space = await createTestNamespace(cluster.api, { prefix: 'samples' });
  const surroundings = {
    namespace: space.name,
    goImage,
    image,
    registry,
    proxy: `${cluster.local.mirror}/go`,
  };
  await prepareSample(cluster.api, surroundings);
  const measured: Measured[] = [];
  for (const way of ways) {
    const run = async (state: string) => {
      say(`samples/golang/${way.name}.yaml: ${state}`);
      const object = await prepareWay(cluster.api, way, { name: `${way.name}-${state}`, surroundings });
      return await runSample(cluster, object);
    };
    try {
      const both = { way, cold: await run('cold'), warm: await run('warm') };
      measured.push(both);
      say(`${asText([both])}\n`);
    } catch (error) {
      say(`${way.name}: ${error instanceof Error ? error.message : String(error)}`);
      process.exitCode = 1;
    }
  }
  await space.delete();
  return measured;
};

const { values } = parseArgs({ options: { only: { type: 'string', multiple: true, default: [] } } });
const unknown = values.only.filter((name) => !WAYS.some((way) => way.name === name));
if (unknown.length > 0)
  throw new Error(`--only ${unknown.join(', ')}: the ways are ${WAYS.map(({ name }) => name).join(', ')}`);
const ways = WAYS.filter(({ name }) => values.only.length === 0 || values.only.includes(name));

const product = await openProduct();
if (product === undefined) throw new Error('The samples look into the log of the mirror, which only the bench has.');
try {
  const measured = await measure(product, ways);
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
}

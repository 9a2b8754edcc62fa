import { setFeatureFlags } from '../../cluster/tekton/feature-flags.ts';
import { provideSampleImage } from '../../image/sample-images.ts';
import type { Product } from '../../product/product.ts';
import type { Ground } from '../ground.ts';
import { runGo } from './go-run.ts';
import { reportAsText } from './report.ts';
import type { Measured } from './report.ts';
import { prepareSample, prepareWay, readProject } from './sample.ts';
import type { Surroundings } from './sample.ts';
import type { Way } from './way.ts';

/**
 * Each way cold, in repositories of its own, and warm: those with one key share the entries that the first of them left.
 * `say` hears of each run, and of ways that fail; the others go on.
 */
export const measureGolang = async (
  product: Product,
  ground: Ground,
  ways: readonly Way[],
  say: (line: string) => void,
): Promise<readonly Measured[]> => {
  const { cluster } = product;
  const surroundings = await surroundingsOf(product, ground);
  await prepareSample(cluster.api, surroundings);
  const measured: Measured[] = [];
  for (const way of ways) {
    const run = async (state: string, repository: string) => {
      say(`samples/golang/${way.name}.yaml: ${state}`);
      const name = `${way.name}-${state}`;
      return await runGo(cluster, await prepareWay(cluster.api, way, { name, repository, surroundings }));
    };
    const restore = await setFeatureFlags(cluster.api, way.featureFlags ?? {});
    try {
      const cold = await run('cold', way.name);
      const first = measured.find((one) => one.way.entries === 'shared')?.way ?? way;
      const both = { way, cold, warm: await run('warm', way.entries === 'own' ? way.name : first.name) };
      measured.push(both);
      say(`${reportAsText([both])}\n`);
    } catch (error) {
      say(`NOT AS EXPECTED: ${way.name}: ${error instanceof Error ? error.message : String(error)}`);
    } finally {
      await restore();
    }
  }
  return measured;
};

const surroundingsOf = async (
  { cluster, image, registry }: Product,
  { git, namespace }: Ground,
): Promise<Surroundings> => {
  const { host } = cluster.state.registry;
  await git.commit('shapes', await readProject());
  return {
    namespace,
    goImage: await provideSampleImage('golang', host),
    gitImage: await provideSampleImage('git', host),
    image,
    registry,
    proxy: `${cluster.local.mirror}/go`,
    url: git.url('shapes'),
  };
};

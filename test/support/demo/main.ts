/**
 * The main job, from nothing: a cluster, the product on it, and the sample pipeline twice.
 *
 *   npm run demo [-- --keep]
 */
import { parseArgs } from 'node:util';

import { borrowCluster } from '../cluster/borrowed-cluster.ts';
import { openCluster } from '../cluster/cluster.ts';
import { createTestNamespace } from '../cluster/test-namespace.ts';
import { provideSampleImage } from '../image/sample-images.ts';
import { provideImage } from '../product/install.ts';
import { installWithRegistry } from '../product/registry/registry-installation.ts';
import { compare, expectations } from './comparison.ts';
import { prepareSample, runSample } from './sample-run.ts';

const say = (line: string): void => console.error(line);

const demo = async (keep: boolean): Promise<boolean> => {
  const cluster = await openCluster();
  const { state, api } = cluster;
  say('building the images');
  const [image, nodeImage] = [await provideImage(cluster), await provideSampleImage('node', state.registry.host)];
  say('installing release-registry.yaml');
  await installWithRegistry(cluster, image);
  const space = await createTestNamespace(api, { prefix: 'demo' });
  // No secret is in it, and the pipeline names no target.
  await prepareSample(cluster, space.name);
  say('running samples/nodejs: cold');
  const cold = await runSample(cluster, { namespace: space.name, name: 'cold', image: nodeImage });
  say('running samples/nodejs: warm');
  const warm = await runSample(cluster, { namespace: space.name, name: 'warm', image: nodeImage });

  console.log(compare(cold, warm));
  const missed = expectations(cold, warm, state.local !== undefined);
  for (const line of missed) say(`NOT AS EXPECTED: ${line}`);
  if (keep) {
    console.log(
      [
        'The cluster is still there. Look around:',
        `  export KUBECONFIG=${state.kubeconfig}${state.local ? ` PATH=${state.local.tools.kubernetes}:$PATH` : ''}`,
        `  kubectl -n ${space.name} get pipelineruns,customruns,pods`,
        `  kubectl -n ${space.name} get customrun warm-cache-fetch -o yaml`,
        `  kubectl -n tekton-cache logs deployment/tekton-cache-controller`,
        'npm run cluster -- down removes it.',
      ].join('\n'),
    );
  } else await space.delete();
  cluster.close();
  return missed.length === 0;
};

const { values } = parseArgs({ options: { keep: { type: 'boolean', default: false } } });
const borrowed = await borrowCluster({ resolvers: false }, say);
const keep = values.keep || borrowed.isOfOthers;
try {
  process.exitCode = (await demo(keep)) ? 0 : 1;
} finally {
  if (!keep) {
    await borrowed.giveBack();
    say('The cluster is gone again; "npm run demo -- --keep" leaves it, to look around.');
  }
}

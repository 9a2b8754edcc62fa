import type { LocalCluster } from '../../cluster/cluster.ts';
import { provideSampleImage } from '../../image/sample-images.ts';
import { downloads, readAccessLog } from '../../mirror/access-log.ts';
import { serveStock } from '../../mirror/stock/stock-server.ts';
import type { Files } from '../../mirror/stock/stock.ts';
import type { ServedStock } from '../../mirror/stock/stock-server.ts';
import type { Product } from '../../product/product.ts';
import { runToTheEnd } from '../finished-run.ts';
import type { FinishedRun } from '../finished-run.ts';
import type { Ground } from '../ground.ts';
import type { Ecosystem, ToolWork } from './ecosystem.ts';
import { asRun, PLACES, withoutTls, withTexts } from './fitted.ts';
import { readApp, readDefinitions, readPipelineRun } from './sample-files.ts';
import type { Way } from './sample-files.ts';

const GIT_IMAGE = 'docker.io/alpine/git:2.49.1';

/** One way of a sample, twice: with nothing cached, and with what the first run left. */
export interface Measured {
  readonly sample: string;
  /** As in the ecosystem. */
  readonly alwaysCompiled: number;
  /** The entry that the warm run begins with. */
  readonly expected: 'exact' | 'any';
  readonly way: Way;
  readonly cold: MeasuredRun;
  readonly warm: MeasuredRun;
}

export interface MeasuredRun extends FinishedRun {
  /** Packages that came over the network, by the log of the mirror or the word of the tool, whichever is more. */
  readonly downloads: number;
  /** Nothing for a tool that compiles nothing. */
  readonly compilations: number | undefined;
}

/** Runs ways of a sample cold and warm, each with repositories of its own. Throws when a run fails. */
export const measureEcosystem = async (
  { cluster, registry }: Product,
  { git, namespace }: Ground,
  ecosystem: Ecosystem,
  ways: readonly Way[],
  say: (line: string) => void,
): Promise<readonly Measured[]> => {
  const { api, state } = cluster;
  const { name: sample, alwaysCompiled = 0, branch } = ecosystem;
  const project = await readApp(ecosystem.projectOf ?? sample);
  const packages = await packagesOf(cluster, ecosystem, project);
  await git.commit(sample, { ...project, ...ecosystem.settings?.(project, packages.url) });
  if (branch !== undefined) await git.branch(sample, branch);
  const texts: Record<string, string> = { [PLACES.project]: git.url(sample) };
  for (const [image, standIn] of Object.entries({ ...ecosystem.images, [GIT_IMAGE]: 'git' as const })) {
    texts[image] = await provideSampleImage(standIn, state.registry.host);
  }
  for (const object of await readDefinitions(ecosystem)) {
    const fitted = withoutTls(withTexts(object, texts));
    await api.apply({ ...fitted, metadata: { ...fitted.metadata, namespace } });
  }
  const run = async (way: Way, round: 'cold' | 'warm'): Promise<MeasuredRun> => {
    say(`samples/${sample}/${way.name}.yaml: ${round}`);
    const own = {
      ...texts,
      [PLACES.registry]: `${registry}/${namespace}/${way.name}`,
      ...(branch !== undefined && round === 'cold' && { [`"${branch}"`]: '"main"' }),
    };
    const environment = ecosystem.environment?.(packages.url) ?? {};
    const options = { name: `${sample}-${way.name}-${round}`, namespace, environment };
    const object = asRun(withTexts(await readPipelineRun(sample, way), own), options);
    const before = await packages.sent();
    const finished = await runToTheEnd(api, object);
    return counted(finished, ecosystem.work?.(finished.log.lines) ?? {}, (await packages.sent()) - before);
  };
  const measured: Measured[] = [];
  try {
    for (const way of ways) measured.push({ sample, alwaysCompiled, expected: branch === undefined ? 'exact' : 'any', way, cold: await run(way, 'cold'), warm: await run(way, 'warm') });
    return measured;
  } finally {
    packages.stop();
  }
};

/** Where the tool gets packages from: a stock of its own, or npm's registry in the mirror of the cluster. */
const packagesOf = async ({ local }: LocalCluster, { stock }: Ecosystem, project: Files): Promise<Packages> => {
  if (stock !== undefined) return await serveStock(await stock(project), local.hostAddress);
  const sent = async (): Promise<number> => downloads(await readAccessLog(local.mirrorLog)).length;
  return { url: `${local.mirror}/npm`, sent, stop: () => undefined };
};

interface Packages extends Pick<ServedStock, 'url' | 'stop'> {
  readonly sent: () => number | Promise<number>;
}

const counted = (run: FinishedRun, work: ToolWork, fromMirror: number): MeasuredRun => ({
  ...run,
  downloads: Math.max(fromMirror, work.downloads ?? 0),
  compilations: work.compilations,
});

import { expect } from 'chai';

import { pythonStock } from '../../support/mirror/stock/python-stock.ts';
import { serveStock } from '../../support/mirror/stock/stock-server.ts';
import { reportOfRun } from '../../support/product/run-report.ts';
import { readApp } from '../../support/samples/ecosystem/sample-files.ts';
import type { Sample } from './ground.ts';

/** What each task has from its own tool. What other tools downloaded comes as well, unless it depends on the image of the steps. */
const OWN = ['api go-build', 'api go-downloads', 'tools pip-downloads', 'ui npm-downloads'];

export const fetchesAllCachesOfARepository = async (sample: Sample): Promise<void> => {
  const { cluster } = sample.product;
  const { 'tools/requirements.txt': requirements = '' } = await readApp('monorepo');
  const packages = await serveStock(await pythonStock(requirements), cluster.local.hostAddress);
  try {
    await sample.commit('monorepo');
    await sample.define('monorepo/pipeline.yaml');
    const environment = {
      PIP_INDEX_URL: `${packages.url}/simple/`,
      // pip keeps nothing of a server that it does not trust.
      PIP_TRUSTED_HOST: new URL(packages.url).host,
    };
    const run = async (turn: string) => {
      const before = packages.sent();
      const { downloads } = await sample.run('monorepo/pipelinerun.yaml', turn, { environment });
      return { npmAndGo: downloads, pip: packages.sent() - before };
    };
    const cold = await run('cold');
    expect(cold.npmAndGo).to.be.greaterThan(0);
    expect(cold.pip).to.be.greaterThan(0);
    expect(await run('warm')).to.deep.equal({ npmAndGo: 0, pip: 0 });
    const report = await reportOfRun(cluster, sample.namespace, 'monorepo-warm');
    const fetched = report.flatMap(([task = '', by, cache = '', outcome]) =>
      by === 'cache-fetch' && outcome === 'hit' ? [`${task} ${cache}`] : [],
    );
    expect(fetched).to.include.members(OWN);
  } finally {
    packages.stop();
  }
};

import { expect } from 'chai';

import { patient } from '../../support/patience.ts';
import { readGoLog } from '../../support/samples/golang/go-log.ts';
import { useSamples } from './ground.ts';

describe('the sample of a Pipeline that moves from a claim to `resolver: wrap`', function () {
  this.timeout(patient(600_000));
  const samples = useSamples();
  before(async () => {
    await samples.commit('golang');
    await samples.define('moving-from-a-pvc/pipeline.yaml');
  });

  const build = async (name: string) => {
    const run = await samples.run('moving-from-a-pvc/pipelinerun.yaml', name, { params: { flags: '-x' } });
    return { ...run, compiled: readGoLog(run.log).compiled };
  };

  it('runs on emptyDirs, and starts with what the last run left', async () => {
    const cold = await build('cold');
    expect(cold.compiled).to.be.greaterThan(10);
    expect(cold.downloads).to.be.greaterThan(0);
    expect(await build('warm')).to.include({ compiled: 0, downloads: 0 });
  });
});

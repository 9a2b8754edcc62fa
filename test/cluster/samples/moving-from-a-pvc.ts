import { expect } from 'chai';

import { readGoLog } from '../../support/samples/golang/go-log.ts';
import type { Sample } from './ground.ts';

export const runsOnEmptyDirs = async (sample: Sample): Promise<void> => {
  await sample.commit('golang');
  await sample.define('moving-from-a-pvc/pipeline.yaml');
  const build = async (name: string) => {
    const run = await sample.run('moving-from-a-pvc/pipelinerun.yaml', name, { params: { flags: '-x' } });
    return { ...run, compiled: readGoLog(run.log).compiled };
  };
  const cold = await build('cold');
  expect(cold.compiled).to.be.greaterThan(10);
  expect(cold.downloads).to.be.greaterThan(0);
  expect(await build('warm')).to.include({ compiled: 0, downloads: 0 });
};

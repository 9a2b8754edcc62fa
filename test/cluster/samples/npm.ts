import { expect } from 'chai';

import type { Sample } from './ground.ts';

const FAILING = "import { test } from 'node:test';\ntest('fails', () => { throw new Error('not yet'); });\n";
const PASSING = "import { test } from 'node:test';\ntest('passes', () => undefined);\n";

export const keepsWhatAFailedBuildDownloaded = async (sample: Sample): Promise<void> => {
  await sample.define('finally/pipeline.yaml');
  await sample.commit('npm', { 'src/server.test.ts': FAILING });
  const failed = sample.run('finally/pipelinerun.yaml', 'failed');
  expect(await failed.catch((error: unknown) => String(error)))
    .to.include('Failed: 1')
    .and.to.include('not yet');
  await sample.commit('npm', { 'src/server.test.ts': PASSING });
  const mended = await sample.run('finally/pipelinerun.yaml', 'mended');
  expect(mended.fetch).to.include({ reason: 'exact' });
  expect(mended.downloads).to.equal(0);
};

export const sharesOneEntryAmongAMatrix = async (sample: Sample): Promise<void> => {
  await sample.define('matrix/pipeline.yaml');
  await sample.commit('npm');
  expect((await sample.run('matrix/pipelinerun.yaml', 'cold')).downloads).to.be.greaterThan(0);
  const warm = await sample.run('matrix/pipelinerun.yaml', 'warm');
  expect(warm.fetch).to.include({ hit: 'true' });
  expect(warm.downloads).to.equal(0);
};

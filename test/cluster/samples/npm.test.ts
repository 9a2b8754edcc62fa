import { expect } from 'chai';

import { useSamples } from './ground.ts';

const FAILING = "import { test } from 'node:test';\ntest('fails', () => { throw new Error('not yet'); });\n";
const PASSING = "import { test } from 'node:test';\ntest('passes', () => undefined);\n";

describe('the sample that uploads in `finally`', () => {
  const samples = useSamples();

  it('keeps what a failed build downloaded', async () => {
    await samples.define('finally/pipeline.yaml');
    await samples.commit('npm', { 'src/server.test.ts': FAILING });
    const failed = samples.run('finally/pipelinerun.yaml', 'failed');
    expect(await failed.catch((error: unknown) => String(error))).to.include('Failed: 1').and.to.include('not yet');
    await samples.commit('npm', { 'src/server.test.ts': PASSING });
    const mended = await samples.run('finally/pipelinerun.yaml', 'mended');
    expect(mended.fetch).to.include({ reason: 'exact' });
    expect(mended.downloads).to.equal(0);
  });
});

describe('the sample with a matrix', () => {
  const samples = useSamples();

  it('shares one entry among all of it', async () => {
    await samples.define('matrix/pipeline.yaml');
    await samples.commit('npm');
    expect((await samples.run('matrix/pipelinerun.yaml', 'cold')).downloads).to.be.greaterThan(0);
    const warm = await samples.run('matrix/pipelinerun.yaml', 'warm');
    expect(warm.fetch).to.include({ hit: 'true' });
    expect(warm.downloads).to.equal(0);
  });
});

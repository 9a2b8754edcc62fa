import { expect } from 'chai';

import type { NewObject } from '../../support/kube/kube-api.ts';
import { patient } from '../../support/patience.ts';
import { PLACES } from '../../support/samples/ecosystem/fitted.ts';
import { useSamples } from './ground.ts';

describe('the sample with sources that arrive inside the Task', function () {
  this.timeout(patient(600_000));
  const samples = useSamples();
  before(async () => {
    await samples.commit('golang');
    await samples.define('trusted-artifacts/pipeline.yaml', cloned);
  });

  it('fetches after the step that brings them, and builds without a download when it is warm', async () => {
    const cold = await samples.run('trusted-artifacts/pipelinerun.yaml', 'cold');
    expect(cold.fetch).to.include({ reason: 'not-found' });
    expect(cold.upload).to.include({ reason: 'pushed' });
    expect(cold.downloads).to.be.greaterThan(0);
    const warm = await samples.run('trusted-artifacts/pipelinerun.yaml', 'warm');
    expect(warm.fetch).to.include({ reason: 'exact', hit: 'true' });
    expect(warm.downloads).to.equal(0);
  });
});

/** The step that takes an artifact by its digest clones instead: the image of Konflux is not here. */
const cloned = (object: NewObject): NewObject => {
  const script = `#!/bin/sh\nset -e\ngit clone --quiet ${PLACES.project} /var/workdir/source\n`;
  const clone = { name: 'use-trusted-artifact', image: 'docker.io/alpine/git:2.49.1', script };
  const replaced: NewObject = JSON.parse(
    JSON.stringify(object, (_, value: unknown) => (isNamed(value, clone.name) ? clone : value)),
  );
  return replaced;
};

const isNamed = (value: unknown, name: string): boolean =>
  typeof value === 'object' && value !== null && 'name' in value && value.name === name;

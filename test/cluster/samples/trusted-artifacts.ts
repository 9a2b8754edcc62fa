import { expect } from 'chai';

import type { NewObject } from '../../support/kube/kube-api.ts';
import { PLACES } from '../../support/samples/ecosystem/fitted.ts';
import type { Sample } from './ground.ts';

export const fetchesAfterTheStepThatBringsSources = async (sample: Sample): Promise<void> => {
  await sample.commit('golang');
  await sample.define('trusted-artifacts/pipeline.yaml', cloned);
  const cold = await sample.run('trusted-artifacts/pipelinerun.yaml', 'cold');
  expect(cold.fetch).to.include({ reason: 'not-found' });
  expect(cold.upload).to.include({ reason: 'pushed' });
  expect(cold.downloads).to.be.greaterThan(0);
  const warm = await sample.run('trusted-artifacts/pipelinerun.yaml', 'warm');
  expect(warm.fetch).to.include({ reason: 'exact', hit: 'true' });
  expect(warm.downloads).to.equal(0);
};

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

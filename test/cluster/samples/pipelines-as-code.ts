import { expect } from 'chai';

import type { Sample } from './ground.ts';

export const buildsAPullRequestFromThePushesOfMain = async (sample: Sample): Promise<void> => {
  await sample.commit('golang');
  await sample.define('pipelines-as-code/task-golang-build.yaml');
  // Pipelines-as-Code replaces these, and has the Task that clones from the annotation.
  const texts = {
    '{{ repo_url }}': sample.project,
    '{{ revision }}': 'main',
    '{{ source_branch }}': 'main',
    'registry.example.com/caches': sample.repositories,
  };
  const cold = await sample.run('pipelines-as-code/.tekton/push.yaml', 'push', { texts });
  expect(cold.fetch).to.include({ reason: 'not-found' });
  expect(cold.upload).to.include({ uploaded: 'true' });
  expect(cold.downloads).to.be.greaterThan(0);
  const pull = await sample.run('pipelines-as-code/.tekton/pull-request.yaml', 'pull', { texts });
  expect(pull.fetch).to.include({ fetched: 'true' });
  expect(pull.upload).to.include({ uploaded: 'false', reason: 'disabled' });
  expect(pull.downloads).to.equal(0);
};

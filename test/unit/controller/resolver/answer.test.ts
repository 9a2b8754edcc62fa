import { expect } from 'chai';

import { labelled } from '../../../../controller/resolver/answer.ts';
import type { Task } from '../../../../shared/rewrite/tekton/tekton.ts';

const task = (...steps: string[]): Task => ({
  apiVersion: 'tekton.dev/v1',
  kind: 'Task',
  metadata: { name: 'build', labels: { team: 'web' }, annotations: { 'tekton.dev/signature': 'abc' } },
  spec: { steps: steps.map((name) => ({ name, image: 'i' })) },
});

describe('the label of an answer', () => {
  it('is on what was rewritten, beside the labels that it has', () => {
    const labels = { team: 'web', 'cache.tekton.dev/steps': 'wrap' };
    expect(labelled(task('cache-fetch', 'build'), task('build'), 'wrap').metadata.labels).to.deep.equal(labels);
    expect(labelled(task('cache-fetch', 'build'), undefined, 'wrap').metadata.labels).to.deep.equal(labels);
  });

  it('is not on what stayed as it was, whose labels may be signed', () => {
    expect(labelled(task('build'), task('build'), 'cache')).to.deep.equal(task('build'));
  });
});

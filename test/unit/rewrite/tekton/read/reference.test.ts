import { expect } from 'chai';
import { embeddedPipeline } from '../../../../../shared/rewrite/tekton/read/reference.ts';

describe('an embedded Pipeline', () => {
  it('is read as Kubernetes reads YAML', () => {
    const text = `
      params: [{name: verbose, default: yes}]
      tasks:
        - &first {name: a, taskSpec: {volumes: [{name: key, secret: {secretName: s, defaultMode: 0400}}]}}
        - {<<: *first, name: b}`;
    const volumes = [{ name: 'key', secret: { secretName: 's', defaultMode: 256 } }];
    expect(embeddedPipeline(text)['spec']).to.deep.equal({
      params: [{ name: 'verbose', default: true }],
      tasks: [
        { name: 'a', taskSpec: { volumes } },
        { name: 'b', taskSpec: { volumes } },
      ],
    });
  });
});

import { expect } from 'chai';

import { parseImageName } from '../../../support/image/push.ts';

describe('the name of an image', () => {
  it('has a host, a path and a tag', () => {
    expect(parseImageName('127.0.0.1:5000/team/tekton-cache:dev')).to.deep.equal({
      host: '127.0.0.1:5000',
      path: 'team/tekton-cache',
      tag: 'dev',
    });
  });

  for (const name of ['tekton-cache:dev', 'host/path', 'host/Path:tag', 'host/path:', 'https://host/path:tag']) {
    it(`is not ${name}`, () => expect(() => parseImageName(name)).to.throw('HOST[:PORT]/PATH:TAG'));
  }
});

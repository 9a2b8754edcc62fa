import { expect } from 'chai';

import { batchesOf, scopeOf } from '../../../../controller/storage/registry/batches.ts';

/** Of a line or of all headers, as Node has it. */
const MOST_CHARACTERS = 16_384;

describe('repositories that one token is for', () => {
  for (const length of [3, 100, 255]) {
    it(`fit into a question and into a header, when their names have ${length} characters`, () => {
      const repositories = Array.from({ length: 100 }, (_, at) => `${at}/${'a/'.repeat(length)}`.slice(0, length));
      const batches = batchesOf(repositories);
      expect(batches.flat()).to.deep.equal(repositories);
      for (const batch of batches) {
        const query = new URLSearchParams(batch.map((repository): [string, string] => ['scope', scopeOf(repository)]));
        expect(query.toString().length).to.be.below(MOST_CHARACTERS * 0.8);
        const access = batch.map((name) => ({ type: 'repository', name, actions: ['pull', 'delete'] }));
        const token = Buffer.from(JSON.stringify({ access })).toString('base64url');
        expect(token.length).to.be.below(MOST_CHARACTERS * 0.8);
        expect(batch.length).to.be.within(1, 40);
      }
    });
  }

  it('are none where there are none', () => expect(batchesOf([])).to.deep.equal([]));
});

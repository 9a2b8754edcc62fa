import { setImmediate as tick } from 'node:timers/promises';
import { expect } from 'chai';
import { mapBounded, MOST_AT_ONCE } from '../../../../shared/entry/join/bounded.ts';
import { joinParts } from '../../../../shared/helper/cache/join-parts.ts';
import type { CacheWork } from '../../../../shared/helper/cache/cache-work.ts';

describe('the parts of a join', () => {
  it('are asked for a few at a time, however many tasks and combinations there are', async () => {
    let [now, most, asked] = [0, 0, 0];
    const headManifest = async (reference: string): Promise<object | undefined> => {
      most = Math.max(most, ++now);
      asked++;
      await tick();
      now--;
      return Number(reference.split('-').at(-1)) < 3 ? {} : undefined;
    };
    const find = async (target: string) => ({ store: { headManifest }, reference: target.split(':')[1] });
    const work = {
      cache: { name: 'c', dir: '/c' },
      request: { variables: {} },
      stores: { find },
      variables: {},
    } as unknown as CacheWork;
    const nodes = Array.from({ length: 8 }, (_, at) => ({
      task: `t${at}`,
      targets: [],
      prefix: `r.example/x:t${at}-`,
      after: [],
    }));
    const { nodes: found } = await joinParts({ nodes, base: [] }, work);
    expect(found.map(({ parts }) => parts.length)).to.deep.equal(nodes.map(() => 3));
    expect(asked).to.equal(8 * 256);
    expect(most).to.be.at.most(MOST_AT_ONCE);
  });

  it('keep their order, and a failure is passed on', async () => {
    expect(await mapBounded([3, 1, 2], async (item) => item * 2)).to.deep.equal([6, 2, 4]);
    let begun = 0;
    const work = async (): Promise<void> => {
      begun++;
      await tick();
      throw new Error('no');
    };
    const error = await mapBounded(Array.from({ length: 100 }), work).catch((reason: unknown) => reason);
    expect(error).to.have.property('message', 'no');
    expect(begun).to.equal(MOST_AT_ONCE);
  });
});

import { expect } from 'chai';

import type { Planned } from '../../runner/lanes.ts';
import { runInLanes } from '../../runner/lanes.ts';
import { inOrder, LANES, SUITES } from '../../runner/suites.ts';

/** Things that end when they are told to. */
class Works {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, () => void>();
  readonly #all: Promise<void>;

  constructor(list: readonly Planned[], lanes: number) {
    this.#all = runInLanes(list, lanes, ({ name }) => {
      this.begun.push(name);
      return new Promise((resolve) => this.#ends.set(name, resolve));
    });
  }

  async end(name: string): Promise<void> {
    this.#ends.get(name)?.();
    // Whoever waited for it goes on in this turn of the event loop.
    await new Promise((resolve) => setImmediate(resolve));
  }

  async all(): Promise<void> {
    await this.#all;
  }
}

const begin = async (list: readonly Planned[], lanes = 2): Promise<Works> => {
  const works = new Works(list, lanes);
  await works.end('');
  return works;
};

describe('lanes', () => {
  it('take the next one as soon as they are free, whatever the other one does', async () => {
    const works = await begin(['a', 'b', 'c', 'd'].map((name) => ({ name })));
    expect(works.begun).to.deep.equal(['a', 'b']);
    await works.end('b');
    expect(works.begun).to.deep.equal(['a', 'b', 'c']);
    await works.end('c');
    expect(works.begun).to.deep.equal(['a', 'b', 'c', 'd']);
    await Promise.all([works.end('a'), works.end('d')]);
    await works.all();
  });

  it('begin nothing before that has ended which it comes after', async () => {
    const works = await begin([{ name: 'a' }, { name: 'b' }, { name: 'c', after: ['a'] }]);
    await works.end('b');
    expect(works.begun).to.deep.equal(['a', 'b']);
    await works.end('a');
    expect(works.begun).to.deep.equal(['a', 'b', 'c']);
    await works.end('c');
    await works.all();
  });

  it('do not wait for what nobody asked for', async () => {
    const works = await begin([{ name: 'c', after: ['a'] }]);
    expect(works.begun).to.deep.equal(['c']);
    await works.end('c');
    await works.all();
  });
});

describe('the order of the suites', () => {
  const names = SUITES.map(({ name }) => name);

  it('has each of them once, and what another one comes after before it', () => {
    const order = inOrder(new Set(names)).map(({ name }) => name);
    expect(order.toSorted()).to.deep.equal(names.toSorted());
    for (const { name, after = [] } of SUITES)
      for (const earlier of after)
        expect(order.indexOf(earlier), `${earlier}, ${name}`).to.be.within(0, order.indexOf(name) - 1);
  });

  it('has the unit tests and the checks at the same time, and nothing else before them', () => {
    const first = inOrder(new Set(names)).slice(0, LANES);
    expect(first.map(({ name }) => name)).to.have.members(['unit', 'check']);
  });
});

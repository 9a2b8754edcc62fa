import { expect } from 'chai';
import { runGroup } from '../../../bench/lanes/lane.ts';
import type { Lane } from '../../../bench/lanes/lane.ts';

const lane = (title: string, commandLine: (round: number) => string, rest: Partial<Lane> = {}): Lane => ({
  id: title,
  group: 'g',
  title,
  prepare: (round) => Promise.resolve(commandLine(round)),
  ...rest,
});

const silent = (): void => undefined;

const failureOf = (members: readonly Lane[]): Promise<unknown> =>
  runGroup(members, 1, silent).then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a group of contenders', () => {
  it('goes on without a program of others that refuses the tree, and says why', async () => {
    const found = await runGroup(
      [
        lane('ours', () => 'true'),
        lane('theirs', () => 'echo first >&2; echo "no links" >&2; exit 3', { mayRefuse: true }),
      ],
      2,
      silent,
    );
    expect(found.lanes.map(({ title, seconds }) => [title, seconds.length])).to.deep.equal([['ours', 2]]);
    expect(found.refusals).to.deep.equal([{ group: 'g', title: 'theirs', reason: 'no links' }]);
  });

  it('ends when ours fails: that is a fault, not a row less', async () => {
    expect(await failureOf([lane('ours', () => 'exit 3')])).to.be.instanceOf(Error);
  });

  it('ends when a program of others fails later on: what it did before would not be comparable', async () => {
    const later = lane('theirs', (round) => (round === 0 ? 'true' : 'exit 3'), { mayRefuse: true });
    expect(await failureOf([later])).to.be.instanceOf(Error);
  });
});

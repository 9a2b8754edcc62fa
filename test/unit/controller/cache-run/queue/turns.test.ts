import { expect } from 'chai';

import { Turns } from '../../../../../controller/cache-run/queue/turns.ts';

const run = (key: string, kind = 'CustomRun') => ({ kind, key });

describe('turns of runs', () => {
  let limits: { maxPods: number; maxPodsPerNamespace: number };
  let now: number;
  let turns: Turns;
  let granted: string[];
  beforeEach(() => {
    limits = { maxPods: 4, maxPodsPerNamespace: 2 };
    now = 0;
    granted = [];
    turns = new Turns({ limits: () => limits, now: () => now });
    turns.onTurn(({ key }) => granted.push(key));
  });
  const take = (...keys: readonly string[]) => keys.map((key) => turns.take(run(key)));

  it('are as many as the namespace and the cluster may have pods; the others wait in line', () => {
    expect(take('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1')).to.deep.equal([true, true, false, true, true, false]);
    expect(turns.waiting).to.equal(2);
    // Who asks again keeps its place, or its turn.
    expect(take('a/1', 'a/3')).to.deep.equal([true, false]);
  });

  it('come to the next in line when a run needs its pod no more', () => {
    take('a/1', 'a/2', 'a/3', 'a/4');
    turns.release(run('a/1'));
    expect(granted).to.deep.equal(['a/3']);
    expect(take('a/3', 'a/4')).to.deep.equal([true, false]);
    turns.release(run('a/2'));
    expect(granted).to.deep.equal(['a/3', 'a/4']);
  });

  it('go round the namespaces, however many runs one of them has in line', () => {
    limits = { maxPods: 1, maxPodsPerNamespace: 1 };
    take('a/0');
    for (let at = 1; at <= 1000; at += 1) turns.take(run(`a/${at}`));
    take('b/1', 'c/1');
    for (const done of ['a/0', 'a/1', 'b/1', 'c/1']) turns.release(run(done));
    expect(granted).to.deep.equal(['a/1', 'b/1', 'c/1', 'a/2']);
  });

  it('are kept in reserve for a namespace that has none', () => {
    limits = { maxPods: 20, maxPodsPerNamespace: 100 };
    const first = Array.from({ length: 30 }, (_, at) => turns.take(run(`a/${at}`)));
    expect(first.filter(Boolean)).to.have.length(18);
    expect(take('b/1', 'b/2', 'c/1', 'd/1')).to.deep.equal([true, false, true, false]);
  });

  it('are held by the pods of before a restart, also more than there may be', () => {
    for (const key of ['a/1', 'a/2', 'a/3', 'b/1']) turns.hold(run(key));
    expect(take('a/1', 'a/9', 'b/9')).to.deep.equal([true, false, false]);
    turns.release(run('a/1'));
    expect(granted).to.deep.equal(['b/9']);
    turns.release(run('a/2'));
    turns.release(run('a/3'));
    expect(granted).to.deep.equal(['b/9', 'a/9']);
  });

  it('tell kinds apart that have the same name', () => {
    limits = { maxPods: 1, maxPodsPerNamespace: 1 };
    expect(turns.take(run('a/1'))).to.equal(true);
    expect(turns.take(run('a/1', 'Run'))).to.equal(false);
    turns.release(run('a/1'));
    expect(turns.take(run('a/1', 'Run'))).to.equal(true);
  });

  it('are not given to a run that has left the line', () => {
    limits = { maxPods: 1, maxPodsPerNamespace: 1 };
    take('a/1', 'a/2', 'a/3');
    turns.release(run('a/2'));
    turns.release(run('a/1'));
    expect(granted).to.deep.equal(['a/3']);
  });

  it('come at once when the configuration allows more', () => {
    take('a/1', 'a/2', 'a/3', 'a/4');
    limits = { maxPods: 4, maxPodsPerNamespace: 3 };
    expect(take('b/1')).to.deep.equal([true]);
    expect(granted).to.deep.equal(['a/3']);
  });

  it('tell how long a run has been in line', () => {
    take('a/1', 'a/2', 'a/3');
    now = 700;
    expect(turns.waitedMs(run('a/3'))).to.equal(700);
    expect(turns.waitedMs(run('a/1'))).to.equal(0);
  });

  it('never are more than the limits, and none stays in line while there is room', () => {
    limits = { maxPods: 30, maxPodsPerNamespace: 5 };
    const held = new Set<string>();
    turns.onTurn(({ key }) => held.add(key));
    let most = 0;
    for (let step = 0; step < 5000; step += 1) {
      const key = `n${(step * 7) % 11}/${step}`;
      if (turns.take(run(key))) held.add(key);
      const [oldest] = held;
      if (step % 3 > 0 && oldest !== undefined) {
        held.delete(oldest);
        turns.release(run(oldest));
      }
      most = Math.max(most, held.size);
    }
    expect(most).to.be.within(27, 30);
    for (const key of held) turns.release(run(key));
    expect(turns.waiting).to.equal(0);
  });
});

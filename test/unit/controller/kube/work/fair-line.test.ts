import { expect } from 'chai';

import { FairLine } from '../../../../../controller/kube/work/fair-line.ts';

describe('FairLine', () => {
  const lineOf = (...keys: readonly string[]): FairLine => {
    const line = new FairLine();
    keys.forEach((key) => line.push(key));
    return line;
  };
  const all = (line: FairLine, mayGo?: (namespace: string) => boolean): string[] => {
    const taken: string[] = [];
    for (let key = line.shift(mayGo); key !== undefined; key = line.shift(mayGo)) taken.push(key);
    return taken;
  };

  it('lets namespaces take turns, and keeps the order within each', () => {
    const line = lineOf('a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'c/1');
    expect(line.length).to.equal(6);
    expect(all(line)).to.deep.equal(['a/1', 'b/1', 'c/1', 'a/2', 'b/2', 'a/3']);
    expect(line.length).to.equal(0);
  });

  it('lets one that comes late wait for one of each other namespace, not for all', () => {
    const line = lineOf(...Array.from({ length: 1000 }, (_, at) => `a/${at}`));
    expect(line.shift()).to.equal('a/0');
    line.push('b/1');
    expect([line.shift(), line.shift()]).to.deep.equal(['a/1', 'b/1']);
  });

  it('passes over namespaces that may not go, which keep their place', () => {
    const line = lineOf('a/1', 'b/1', 'b/2');
    expect(all(line, (namespace) => namespace === 'b')).to.deep.equal(['b/1', 'b/2']);
    expect(line.has('a/1')).to.equal(true);
    expect(all(line)).to.deep.equal(['a/1']);
  });

  it('has a key once, and forgets one that left', () => {
    const line = lineOf('a/1', 'a/1', 'a/2');
    expect([line.length, line.remove('a/1'), line.remove('a/1'), line.length]).to.deep.equal([2, true, false, 1]);
    expect(all(line)).to.deep.equal(['a/2']);
  });
});

import { expect } from 'chai';

import { OwnWrites } from '../../../../../controller/kube/informer/own-writes.ts';

const run = (resourceVersion: string, uid = 'u') => ({
  metadata: { namespace: 'ns', name: 'a', uid, resourceVersion },
});

describe('writes of ours', () => {
  let now = 0;
  let writes: OwnWrites;
  beforeEach(() => {
    now = 1000;
    writes = new OwnWrites({ patienceMs: 500, now: () => now });
  });

  it('make an older copy wait for the watch, by number and not by letter', () => {
    writes.record(run('100'));
    expect(writes.waitMs(run('99'))).to.equal(500);
    expect(writes.waitMs(run('99', 'another'))).to.equal(0);
    expect(writes.waitMs(run('100'))).to.equal(0);
    expect(writes.waitMs(run('99'))).to.equal(0);
  });

  it('are waited for only so long: a restored etcd never tells of them', () => {
    writes.record(run('100'));
    now += 499;
    expect(writes.waitMs(run('7'))).to.equal(1);
    now += 1;
    expect(writes.waitMs(run('7'))).to.equal(0);
  });

  it('of versions that are no numbers are known by themselves only', () => {
    writes.record(run('b2'));
    expect(writes.waitMs(run('a1'))).to.equal(500);
    expect(writes.waitMs(run('b2'))).to.equal(0);
  });

  it('that were followed by another one wait for that', () => {
    writes.record(run('100'));
    writes.record(run('105'));
    expect(writes.waitMs(run('100'))).to.equal(500);
  });
});

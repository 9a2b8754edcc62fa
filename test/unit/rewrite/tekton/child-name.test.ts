import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { childName, childNames } from '../../../../shared/rewrite/tekton/child-name.ts';

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

describe('the name of a child', () => {
  it('is parent and suffix while they fit', () => {
    expect(childName('run', '-task-0')).to.equal('run-task-0');
    expect(childName('p'.repeat(58), '-task')).to.have.length(63);
  });

  it('keeps the suffix, and tells long parents apart by a digest', () => {
    const parent = 'p'.repeat(60);
    expect(childName(parent, '-task')).to.equal(`${'p'.repeat(26)}${md5(parent)}-task`);
  });

  it('is all digest where the suffix is too long as well', () => {
    const parent = 'p'.repeat(40);
    const suffix = `-${'s'.repeat(40)}`;
    expect(childName(parent, suffix)).to.equal(`${'p'.repeat(31)}${md5(parent + suffix)}`);
  });

  it('does not end with a dash', () => {
    const suffix = `-${'s'.repeat(61)}`;
    expect(childName('p'.repeat(30), suffix)).to.equal(`${'p'.repeat(30)}${md5('p'.repeat(30) + suffix)}`);
  });
});

describe('the names of the children of a matrix', () => {
  it('have an index each, which a single one has not', () => {
    expect(childNames('run', 'task', 2)).to.deep.equal(['run-task-0', 'run-task-1']);
    expect(childNames('run', 'task', 1)).to.deep.equal(['run-task']);
    expect(childNames('run', 'task', 0)).to.deep.equal([]);
  });

  it('end with the index also where the rest had to be cut', () => {
    const run = 'p'.repeat(40);
    const task = 's'.repeat(40);
    const single = `${'p'.repeat(31)}${md5(`${run}-${task}`)}`;
    expect(childNames(run, task, 12).slice(9)).to.deep.equal([
      `${single.slice(0, 60)}-9`,
      `${single.slice(0, 60)}-10`,
      `${single.slice(0, 60)}-11`,
    ]);
  });
});

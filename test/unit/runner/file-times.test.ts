import { expect } from 'chai';

import { FileTimes } from '../../runner/file-times.ts';

describe('the slowest files of a suite', () => {
  it('have all time since the file before them, in the order of what they took', () => {
    const times = new FileTimes(0);
    times.spend('', 1_000);
    times.spend('a', 1_500);
    times.spend('b', 14_000);
    times.spend('a', 15_000);
    expect(times.slowest()).to.equal('  slowest files\n     12.5 s  b\n      1.5 s  a\n');
  });

  it('are ten at most', () => {
    const times = new FileTimes(0);
    for (let file = 1; file <= 12; file++) times.spend(`f${file}`, (file * (file + 1)) / 2);
    const shown = times.slowest();
    expect(shown.split('\n')).to.have.length(12);
    expect(shown).to.contain('f3\n').and.not.contain('f2\n');
  });

  it('are not told of one file', () => {
    const times = new FileTimes(0);
    times.spend('a', 5);
    expect(times.slowest()).to.equal('');
  });
});

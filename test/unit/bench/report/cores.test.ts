import { expect } from 'chai';
import { MOST_THREADS, scaling } from '../../../bench/report/cores.ts';

const row = (processors: string, upload: number, fetch: number) => ({
  files: 10,
  processors,
  upload,
  fetch,
  unchanged: 1,
  peak: 1,
});

describe('what more processors would give', () => {
  it('is the serial part, and the shared part by the number of processors', () => {
    const [fetch, upload] = scaling([row('0', 30, 10), row('0,1', 20, 6)], [4]);
    expect(fetch).to.include({ verb: 'fetch', one: 10, two: 6, serial: 2 });
    expect(fetch?.more).to.deep.equal([{ processors: 4, microseconds: 4 }]);
    expect(upload).to.include({ verb: 'upload', serial: 10 });
  });

  it('is no more than the threads of a helper can use', () => {
    const [fetch] = scaling([row('0', 30, 10), row('0,1', 20, 6)], [MOST_THREADS, 64]);
    expect(fetch?.more[1]?.microseconds).to.equal(fetch?.more[0]?.microseconds);
  });

  it('is nothing where the second processor brought nothing, and never less than nothing', () => {
    const [fetch, upload] = scaling([row('0', 30, 10), row('0,1', 10, 12)], [4]);
    expect(fetch).to.include({ serial: 10 });
    expect(upload).to.include({ serial: 0 });
  });

  it('is not told of trees that were measured on one number of processors only', () => {
    expect(scaling([row('0', 30, 10)], [4])).to.deep.equal([]);
  });
});

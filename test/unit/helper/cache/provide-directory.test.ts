import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { provideDirectory } from '../../../../shared/helper/cache/provide-directory.ts';

describe('the directory of a cache of a preset', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'provide-'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  const modeOf = (path: string): number => statSync(join(place, path)).mode & 0o777;

  it('is made for all users of the pod, with those above it that are new', async () => {
    mkdirSync(join(place, 'home'));
    chmodSync(join(place, 'home'), 0o750);
    await provideDirectory(join(place, 'home/.caches/go-build'));
    expect(['home', 'home/.caches', 'home/.caches/go-build'].map(modeOf)).to.deep.equal([0o750, 0o777, 0o777]);
  });

  it('is left as it is when it is there', async () => {
    mkdirSync(join(place, 'go-build'), { mode: 0o700 });
    await provideDirectory(join(place, 'go-build'));
    expect(modeOf('go-build')).to.equal(0o700);
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';
import type { CachedFiles } from '../../../shared/cache-key/cached-files.ts';
import { computeKey } from '../../../shared/cache-key/cache-key.ts';

describe('what is cached', () => {
  let place: string;
  let source: string;

  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'cached-files-'));
    source = join(place, 'source');
    write('go.sum', 'app/go.sum');
  });

  afterEach(() => rmSync(place, { recursive: true }));

  function write(...paths: string[]): void {
    for (const path of paths) {
      mkdirSync(dirname(join(source, path)), { recursive: true });
      writeFileSync(join(source, path), path);
    }
  }

  async function matched(cached: readonly CachedFiles[]): Promise<string[]> {
    const key = await computeKey({ source, files: ['**/go.sum'], cached });
    return (key?.files ?? []).map(({ path }) => path);
  }

  it('is no part of the key, so that it is the same without and with the cache', async () => {
    const cached = [{ dir: source, paths: ['mod', 'app/*/vendor', 'one/go.sum', '!mod/x'] }];
    const cold = await computeKey({ source, files: ['**/go.sum'], cached });
    write('mod/x/go.sum', 'mod/go.sum', 'app/a/vendor/go.sum', 'app/b/vendor/c/go.sum', 'one/go.sum');
    expect(await matched(cached)).to.deep.equal(['app/go.sum', 'go.sum']);
    expect((await computeKey({ source, files: ['**/go.sum'], cached }))?.hash).to.equal(cold?.hash);
  });

  it('is told by what it is, and not by its name: a claim may be mounted twice', async () => {
    write('cache/mod/go.sum');
    symlinkSync(join(source, 'cache'), join(place, 'mount'));
    expect(await matched([{ dir: join(place, 'mount'), paths: [] }])).to.deep.equal(['app/go.sum', 'go.sum']);
    expect(await matched([{ dir: join(place, 'mount'), paths: ['other'] }])).to.include('cache/mod/go.sum');
  });

  it('leaves the files in, where all of the sources is what moves from task to task', async () => {
    expect(await matched([{ dir: source, paths: [] }])).to.deep.equal(['app/go.sum', 'go.sum']);
  });

  it('may be missing', async () => {
    expect(await matched([{ dir: join(place, 'none'), paths: [] }])).to.have.length(2);
    expect(await matched([{ dir: source, paths: ['none', 'n*/one'] }])).to.have.length(2);
  });
});

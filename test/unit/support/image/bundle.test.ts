import { join } from 'node:path';
import { expect } from 'chai';

import { productEntries } from '../../../support/image/product/bundle.ts';

const repository = join(import.meta.dirname, '..', '..', '..', '..');

describe('the product in the image', () => {
  let files: ReadonlyMap<string, string>;

  before(async () => {
    const entries = await productEntries(repository);
    files = new Map([...entries].map(([path, entry]) => [path, 'content' in entry ? String(entry.content) : '']));
  });

  it('has its programs, and those of its threads, where they are started', () => {
    const programs = [
      'controller/main',
      'controller/token-service/main',
      'shared/helper/main',
      'shared/cli/main',
      'shared/cli/tekton-cache',
    ];
    const threads = ['shared/archive/unpack/extract-worker', 'shared/archive/pack/pack-worker'];
    expect([...files.keys()]).to.include.members([...programs, ...threads].map((name) => `app/${name}.js`));
  });

  it('is JavaScript that names no source', () => {
    for (const [path, code] of files) {
      if (!path.endsWith('.js') || path.endsWith('tekton-cache.js')) continue;
      expect(code, path).not.to.match(/(?:from|import|URL)\s*\(?\s*["']\.{1,2}\/[^"']*\.ts["']/);
    }
  });

  it('leaves packages to node_modules', () => {
    // Two programs share the connection, so it is in a chunk of both.
    const users = [...files].filter(([, code]) => /from ["']@kubernetes\/client-node["']/.test(code));
    expect(users.map(([path]) => path.replace(/[^/]*$/, ''))).to.deep.equal(['app/shared/chunks/']);
  });

  it('is the same for the same sources', async () => {
    expect([...(await productEntries(repository))].map(([path]) => path)).to.deep.equal([...files.keys()]);
  });
});

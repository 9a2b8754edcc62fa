import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { itemsPicture, treePicture } from '../../support/tree/tree-picture.ts';
import { useFetchBench } from './ground.ts';
import { dir, file, ITEMS } from './items.ts';

describe('a fetch', function () {
  this.timeout(30_000);

  const bench = useFetchBench();

  it('leaves the umask of the process as it is at every moment: what else is made meanwhile is not open to all', async () => {
    await bench.put({ items: ITEMS, frameBytes: 4096 });
    const umask = process.umask();
    const seen = new Set<number>();
    await bench.fetch({ progress: () => seen.add(process.umask()) });
    expect([...seen]).to.deep.equal([umask]);
  });

  it('gives what it restores its modes where the directory says which what is new in it has (acl(5))', async function () {
    // Version 2; then tag, permissions and number of the owner (rwx), the group (r) and all others (none).
    const acl = ['02000000', '01000700ffffffff', '04000400ffffffff', '20000000ffffffff'].join('');
    const set = 'import os, sys; os.setxattr(sys.argv[1], "system.posix_acl_default", bytes.fromhex(sys.argv[2]))';
    if (spawnSync('python3', ['-c', set, bench.target, acl]).status !== 0) this.skip();
    await bench.put({ items: ITEMS, frameBytes: 4096 });
    await bench.fetch();
    expect(treePicture(bench.target)).to.deep.equal(itemsPicture(ITEMS));
  });

  for (const umask of ['000', '022', '077', '777']) {
    it(`gives what it restores its modes under the umask ${umask}`, async () => {
      const open = [dir('open', { mode: 0o777 }), file('open/to-all', 'content', { mode: 0o666 })];
      const items = [...ITEMS, ...open];
      await bench.put({ items, frameBytes: 4096 });
      const program = fileURLToPath(new URL('../../support/transfer-process/fetch-process.ts', import.meta.url));
      const args = [process.execPath, program, `oci:${join(bench.base, 'store')}`, 'v1', bench.target];
      await promisify(execFile)('/bin/sh', ['-c', `umask ${umask}; exec "$@"`, 'sh', ...args]);
      expect(treePicture(bench.target)).to.deep.equal(itemsPicture(items));
    });
  }
});

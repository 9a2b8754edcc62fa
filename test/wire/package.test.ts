import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { runCommand } from '../support/command.ts';
import { buildPackage } from '../support/package/build-package.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));

describe('the npm package', () => {
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-installed-'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  it('runs from node_modules, where Node strips no types', async () => {
    const tarball = await buildPackage(REPOSITORY, dir);
    const modules = join(dir, 'node_modules');
    const installed = join(modules, 'tekton-cache');
    await mkdir(installed, { recursive: true });
    await runCommand('tar', ['-xzf', tarball, '-C', installed, '--strip-components=1']);
    await writeFile(join(dir, 'go.sum'), 'hello\n');

    const program = join(installed, 'shared/cli/tekton-cache.js');
    const run = (...args: string[]): Promise<string> => runCommand(process.execPath, [program, ...args], { cwd: dir });
    expect((await run('hash', '--files', 'go.sum')).trim()).to.equal(
      '5712d2200c60d53992cb4544f0f27ac46183bbc9e8559405eddde87641490e2b',
    );
    const target = ['--target', 'oci:layout:go', '--workspace', 'go=cache'];
    await mkdir(join(dir, 'cache'));
    await writeFile(join(dir, 'cache/module'), 'x'.repeat(1000));
    expect(JSON.parse(await run('upload', ...target, '--json'))).to.include({ reason: 'pushed' });
    await rm(join(dir, 'cache/module'));
    expect(JSON.parse(await run('fetch', ...target, '--json'))).to.include({ hit: 'true' });
  });
});

import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { runCommand } from '../command.ts';
import { packageEntries } from '../image/product/bundle.ts';
import { writeTree } from '../image/write-tree.ts';

/** Only the controller talks to Kubernetes. */
const NOT_OF_THE_COMMAND_LINE = ['@kubernetes/client-node'];

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly [field: string]: unknown;
}

/**
 * The npm package of the command line, as a tarball in `destination`. It holds JavaScript: Node strips no types from files
 * below node_modules. Resolves to the tarball's path.
 */
export async function buildPackage(repository: string, destination: string): Promise<string> {
  const scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-package-'));
  try {
    const product = [...(await packageEntries(resolve(repository)))].filter(([path]) => path.startsWith('app/shared/'));
    await writeTree(scratch, new Map(product));
    const manifest: PackageJson = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8'));
    const { scripts: _scripts, devDependencies: _tools, allowScripts: _allowed, files: _files, ...fields } = manifest;
    const dependencies = Object.entries(manifest.dependencies).filter(
      ([name]) => !NOT_OF_THE_COMMAND_LINE.includes(name),
    );
    const root = join(scratch, 'app');
    await writeFile(
      join(root, 'package.json'),
      JSON.stringify({ ...fields, dependencies: Object.fromEntries(dependencies) }, null, 2),
    );
    await mkdir(join(root, 'docs'));
    for (const file of ['LICENSE', 'README.md', 'docs/interface.md']) {
      await copyFile(join(repository, file), join(root, file));
    }
    await mkdir(destination, { recursive: true });
    await runCommand('npm', ['pack', '--silent', '--pack-destination', destination], { cwd: root });
    return join(destination, `${manifest.name}-${manifest.version}.tgz`);
  } finally {
    await rm(scratch, { recursive: true });
  }
}

import { copyFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { fingerprint } from '../fingerprint.ts';
import type { LayerEntries, LayerEntry } from '../tar-layer.ts';

/** Files for people, for compilers, and for other runtimes than Node (Bare). */
const UNUSED_FILE =
  /(?:\.map|\.md|\.markdown|\.[cm]?ts|\.flow|\.tsbuildinfo|\.c|\.cc|\.h|\.gyp|\.bare)$|(?:^|\/)(?:[Cc]hangelog\S*|Makefile|tsconfig\S*\.json)$/;
/** Folders at the top of a package, of which no package means its program. */
const UNUSED_FOLDERS: ReadonlySet<string> = new Set([
  'test',
  'tests',
  '__tests__',
  'docs',
  'example',
  'examples',
  'benchmark',
  'benchmarks',
  'coverage',
]);

/** Whether a file of node_modules, named by its path in there, takes part when the program runs. Licences stay. */
export const isNeededAtRunTime = (path: string): boolean => {
  const inPackage = path.split('node_modules/').pop() ?? path;
  const parts = inPackage.split('/');
  const folder = parts[inPackage.startsWith('@') ? 2 : 1] ?? '';
  if (parts.some((part) => part.startsWith('.'))) return false;
  const isFolder = parts.length > (inPackage.startsWith('@') ? 3 : 2);
  return !(isFolder && UNUSED_FOLDERS.has(folder)) && !UNUSED_FILE.test(inPackage);
};

/** The production dependencies that package-lock.json pins, below `destination`. */
const install = async (repository: string, entries: Map<string, LayerEntry>, destination: string): Promise<void> => {
  const scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-image-'));
  try {
    for (const file of ['package.json', 'package-lock.json'])
      await copyFile(join(repository, file), join(scratch, file));
    const options = ['--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    await runCommand('npm', ['ci', ...options], { cwd: scratch, timeout: 300_000 });
    const modules = join(scratch, 'node_modules');
    for (const entry of await readdir(modules, { recursive: true, withFileTypes: true })) {
      const file = join(entry.parentPath, entry.name);
      const path = file.slice(modules.length + 1);
      if (!entry.isFile() || !isNeededAtRunTime(path)) continue;
      entries.set(join(destination, path), { type: 'file', content: await readFile(file) });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

export const dependenciesKey = async (repository: string): Promise<string> => {
  const manifest: { readonly dependencies: unknown } = JSON.parse(
    await readFile(join(repository, 'package.json'), 'utf8'),
  );
  const files = [join(repository, 'package-lock.json'), import.meta.filename];
  return `dependencies-${await fingerprint(files, [JSON.stringify(manifest.dependencies)])}`;
};

export const dependencyEntries = async (repository: string): Promise<LayerEntries> => {
  const entries = new Map<string, LayerEntry>();
  await install(repository, entries, 'app/node_modules');
  return entries;
};

import { cpSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';

/** What turns one tree into another. */
export interface Difference {
  readonly changed: readonly string[];
  readonly removed: readonly string[];
  /** The changed files, each compressed alone at level 3: what has to go over the wire at the least. */
  readonly compressedBytes: number;
}

export const difference = (from: string, to: string): Difference => {
  const [before, after] = [list(from), list(to)];
  const changed = [...after]
    .filter(([path, kind]) => before.get(path) !== kind || !same(from, to, path, kind))
    .map(([path]) => path);
  const removed = [...before.keys()].filter((path) => !after.has(path));
  let compressedBytes = 0;
  for (const path of changed) {
    if (after.get(path) === 'file') compressedBytes += zstdCompressSync(readFileSync(join(to, path))).length;
  }
  return { changed, removed, compressedBytes };
};

/** Makes the same change in another copy of the first tree, as a package installer would: new files get new inodes. */
export const apply = ({ changed, removed }: Difference, to: string, directory: string): void => {
  for (const path of removed) rmSync(join(directory, path), { recursive: true, force: true });
  for (const path of changed) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    if (lstatSync(join(to, path)).isDirectory()) mkdirSync(join(directory, path), { recursive: true });
    else {
      rmSync(join(directory, path), { force: true });
      cpSync(join(to, path), join(directory, path), { preserveTimestamps: true, verbatimSymlinks: true });
    }
  }
};

type Kind = 'file' | 'directory' | 'link';

const list = (root: string): Map<string, Kind> => {
  const found = new Map<string, Kind>();
  const visit = (prefix: string): void => {
    for (const entry of readdirSync(join(root, prefix), { withFileTypes: true })) {
      const path = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (path === '.tekton-cache') continue;
      found.set(path, entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'file');
      if (entry.isDirectory()) visit(path);
    }
  };
  visit('');
  return found;
};

const same = (from: string, to: string, path: string, kind: Kind): boolean => {
  if (kind === 'directory') return true;
  if (kind === 'link') return readlinkSync(join(from, path)) === readlinkSync(join(to, path));
  const [a, b] = [lstatSync(join(from, path)), lstatSync(join(to, path))];
  return a.mode === b.mode && a.size === b.size && readFileSync(join(from, path)).equals(readFileSync(join(to, path)));
};

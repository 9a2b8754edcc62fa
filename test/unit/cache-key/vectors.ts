import { readFileSync } from 'node:fs';
import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** File contents by path, or the target of a symbolic link. */
export type Tree = Readonly<Record<string, string | { readonly link: string }>>;

interface KeyVector {
  readonly name: string;
  readonly tree: Tree;
  readonly files: readonly string[];
  readonly matched: readonly string[];
  readonly hash: string | null;
}

const HERE = import.meta.url;

export const KEY_VECTORS: readonly KeyVector[] = JSON.parse(readFileSync(new URL('vectors.json', HERE), 'utf8'));
export const KEY_SHELL = readFileSync(new URL('definition.sh', HERE), 'utf8');

export async function writeTree(dir: string, tree: Tree): Promise<void> {
  for (const [path, content] of Object.entries(tree)) {
    const file = join(dir, path);
    await mkdir(dirname(file), { recursive: true });
    await (typeof content === 'string' ? writeFile(file, content) : symlink(content.link, file));
  }
}

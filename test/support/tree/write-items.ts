import * as fs from 'node:fs';
import { dirname, join } from 'node:path';
import type { Item } from './item.ts';

/** Makes a directory hold just these files and directories, with their times; files that have their content already are left alone. */
export function writeItems(root: string, items: readonly Item[]): void {
  const wanted = new Set(items.map(({ path }) => path));
  const there = fs.existsSync(root) ? fs.readdirSync(root, { recursive: true, encoding: 'utf8' }) : [];
  for (const path of there) {
    if (!wanted.has(path) && !path.startsWith('.tekton-cache'))
      fs.rmSync(join(root, path), { recursive: true, force: true });
  }
  for (const { path, type, content = '' } of items) {
    const at = join(root, path);
    if (type === 'directory') {
      fs.mkdirSync(at, { recursive: true });
      continue;
    }
    fs.mkdirSync(dirname(at), { recursive: true });
    if (fs.existsSync(at) && fs.readFileSync(at).equals(Buffer.from(content))) continue;
    fs.writeFileSync(at, content);
  }
  for (const { path, mtimeSec = 1e9 } of items.toReversed()) fs.utimesSync(join(root, path), mtimeSec, mtimeSec);
}

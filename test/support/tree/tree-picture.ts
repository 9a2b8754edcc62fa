import { hash } from 'node:crypto';
import * as fs from 'node:fs';
import { comparePaths } from '../../../shared/archive/paths/path.ts';
import type { Item } from './item.ts';

/**
 * A line for each path of a directory with everything that a cache restores: type, mode, time in microseconds, size, content or
 * target, and which other path it is a name of. The state directory is not part of it.
 */
export function treePicture(root: string): string[] {
  const names = new Map<string, string>();
  const lines: string[] = [];
  const visit = (directory: Buffer, relative: Buffer): void => {
    const children = fs.readdirSync(directory, { encoding: 'buffer' }).toSorted((a, b) => a.compare(b));
    for (const name of children) {
      const path = Buffer.concat([directory, Buffer.from('/'), name]);
      const inside = relative.length === 0 ? name : Buffer.concat([relative, Buffer.from('/'), name]);
      const shown = inside.toString('latin1');
      if (shown === '.tekton-cache') continue;
      lines.push(`${shown} ${describe(path, shown, names)}`);
      if (fs.lstatSync(path).isDirectory()) visit(path, inside);
    }
  };
  visit(Buffer.from(root), Buffer.alloc(0));
  return lines;
}

function describe(path: Buffer, shown: string, names: Map<string, string>): string {
  const stat = fs.lstatSync(path, { bigint: true });
  const mode = (Number(stat.mode) & 0o7777).toString(8);
  const time = Math.round(Number(stat.mtimeNs) / 1000);
  if (stat.isSymbolicLink()) return `link ${time} ${fs.readlinkSync(path, { encoding: 'latin1' })}`;
  if (stat.isDirectory()) return `directory ${mode} ${time}`;
  if (!stat.isFile()) return `special ${mode}`;
  const first = names.get(`${stat.dev}:${stat.ino}`);
  if (first !== undefined) return `another name of ${first}`;
  names.set(`${stat.dev}:${stat.ino}`, shown);
  return `file ${mode} ${time} ${stat.size} ${hash('sha256', fs.readFileSync(path), 'hex')}`;
}

/** The picture of a directory that holds exactly these items. */
export function itemsPicture(items: readonly Item[]): string[] {
  const shown = (item: Item): string => {
    const content = Buffer.from(item.content ?? '');
    const mode = (item.mode ?? (item.type === 'directory' ? 0o755 : 0o644)).toString(8);
    const time = Math.round((item.mtimeSec ?? 1e9) * 1e6 + (item.mtimeNs ?? 0) / 1000);
    if (item.type === 'symlink') return `link ${time} ${item.target}`;
    if (item.type === 'hardlink') return `another name of ${item.target}`;
    if (item.type === 'directory') return `directory ${mode} ${time}`;
    return `file ${mode} ${time} ${content.length} ${hash('sha256', content, 'hex')}`;
  };
  return items.toSorted((a, b) => comparePaths(a.path, b.path)).map((item) => `${item.path} ${shown(item)}`);
}

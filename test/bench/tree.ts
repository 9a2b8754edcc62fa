import { createHash } from 'node:crypto';
import { lstatSync, openSync, closeSync, readSync, readdirSync, readlinkSync } from 'node:fs';

/** Local state of the product, at the top of a workspace. */
const RESERVED = '.tekton-cache';

/** What a tree is, to the nanosecond: digest over path, type, mode, mtime, size, content, link target and link count of every entry. */
export const treeDigest = (root: string, options: { readonly times?: 'exact' | 'seconds' | 'none' } = {}): string => {
  const hash = createHash('sha256');
  const times = options.times ?? 'exact';
  const visit = (directory: string, prefix: string): void => {
    for (const name of readdirSync(directory).sort()) {
      if (prefix === '' && name === RESERVED) continue;
      const path = `${directory}/${name}`;
      const stat = lstatSync(path, { bigint: true });
      const microseconds = stat.mtimeNs / 1000n;
      const mtime = times === 'none' ? '' : times === 'seconds' ? stat.mtimeNs / 1_000_000_000n : microseconds;
      if (stat.isDirectory()) {
        hash.update(`d ${prefix}${name} ${stat.mode}\n`);
        visit(path, `${prefix}${name}/`);
      } else if (stat.isSymbolicLink()) hash.update(`l ${prefix}${name} ${readlinkSync(path)}\n`);
      else hash.update(`f ${prefix}${name} ${stat.mode} ${mtime} ${stat.size} ${contentDigest(path)}\n`);
    }
  };
  visit(root, '');
  return hash.digest('hex');
};

const buffer = Buffer.allocUnsafe(1 << 20);

const contentDigest = (path: string): string => {
  const hash = createHash('sha256');
  const file = openSync(path, 'r');
  try {
    for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer)) {
      hash.update(buffer.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
};

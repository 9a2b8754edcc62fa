import { createHash } from 'node:crypto';
import { lstatSync, openSync, closeSync, readSync, readdirSync, readlinkSync } from 'node:fs';
import { RESERVED_DIRECTORY } from '../../../shared/reserved-directory.ts';

/** What a tree is: everything but times as one digest, and the times of its files in nanoseconds, in order. */
export interface Tree {
  /** Over path, type, mode, size, content and link target of every entry. */
  readonly digest: string;
  readonly times: readonly bigint[];
}

export const readTree = (root: string): Tree => {
  const hash = createHash('sha256');
  const times: bigint[] = [];
  const visit = (directory: string, prefix: string): void => {
    for (const name of readdirSync(directory).sort()) {
      if (prefix === '' && name === RESERVED_DIRECTORY) continue;
      const path = `${directory}/${name}`;
      const stat = lstatSync(path, { bigint: true });
      if (stat.isDirectory()) {
        hash.update(`d ${prefix}${name} ${stat.mode}\n`);
        visit(path, `${prefix}${name}/`);
      } else if (stat.isSymbolicLink()) hash.update(`l ${prefix}${name} ${readlinkSync(path)}\n`);
      else {
        hash.update(`f ${prefix}${name} ${stat.mode} ${stat.size} ${contentDigest(path)}\n`);
        times.push(stat.mtimeNs);
      }
    }
  };
  visit(root, '');
  return { digest: hash.digest('hex'), times };
};

/** Nanoseconds by which the times of two equal trees may differ: ours keeps them to under a microsecond, a plain tar to the second. */
export type Tolerance = 1_000n | 1_000_000_000n;

export const isSame = (a: Tree, b: Tree, tolerance: Tolerance = 1_000n): boolean =>
  a.digest === b.digest &&
  a.times.length === b.times.length &&
  a.times.every((time, index) => {
    const apart = time - (b.times[index] ?? 0n);
    return apart < tolerance && -apart < tolerance;
  });

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

/**
 * File systems of one machine, which change the time of a directory with every name that comes or goes in it. Others, such as object
 * stores and some network shares, may not, or tell of it late.
 */
import * as fs from 'node:fs';

/** Magic numbers of statfs(2). */
const LOCAL = new Set([
  0x0102_1994, // tmpfs
  0xef53, // ext2, ext3, ext4
  0x5846_5342, // XFS
  0x9123_683e, // Btrfs
  0x2fc1_2fc1, // ZFS
  0xf2f5_2010, // F2FS
  0x794c_7630, // overlayfs
]);

export function isLocal(path: string | Buffer): boolean {
  return LOCAL.has(fs.statfsSync(path).type);
}

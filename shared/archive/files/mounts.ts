/**
 * What is mounted in a directory. The kernel moves no mount point, but a directory with one somewhere below: what is mounted goes along,
 * and whoever removes the directory then removes all that is in it.
 */
import * as fs from 'node:fs';
import { fsPath, isBelow } from '../paths/path.ts';
import { errnoOf } from './errno.ts';

/** The place of the mount point in a line: https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts */
const MOUNT_POINT_FIELD = 4;

/**
 * Mount points below a directory, relative to it. None where the kernel does not tell.
 *
 * @param root byte string, as are the mount points
 */
export function mountsBelow(root: string): readonly string[] {
  const path = fs.realpathSync(fsPath(root), { encoding: 'latin1' });
  const top = path === '/' ? '' : path;
  return mountPoints()
    .filter((point) => isBelow(point, top))
    .map((point) => point.slice(top.length + 1));
}

function mountPoints(): readonly string[] {
  try {
    const lines = fs.readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
    return lines.map((line) => unescape(line.split(' ')[MOUNT_POINT_FIELD] ?? ''));
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return [];
  }
}

/** Spaces, tabs, newlines and backslashes stand there in octal. */
function unescape(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

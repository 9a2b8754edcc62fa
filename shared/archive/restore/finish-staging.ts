/** The last steps before a commit: what must not be there while content is written, and what writing would change. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { isInTree } from '../files/in-tree.ts';
import { readLines, readLinesBackward } from '../files/line-file.ts';
import { at, exists, fsTime, setAttributes } from '../files/attributes.ts';
import { printable } from '../paths/path.ts';
import { notRestored } from './restore-plan.ts';
import { decodeDirectory, decodeLink, LATER } from './later-lists.ts';
import type { Pace } from '../../pace.ts';
import type { Staging } from '../commit/staging.ts';

/** Makes links and sets the times of directories, once all files are there. */
export async function finishStaging(staging: Staging, pace: Pace): Promise<void> {
  for (const line of readLines(staging.listPath(LATER.links))) {
    makeLink(staging, line);
    if (pace.isDue) await pace.rest();
  }
  // Children first: a directory may forbid to look inside.
  for (const line of readLinesBackward(staging.listPath(LATER.directories))) {
    finishDirectory(staging, line);
    if (pace.isDue) await pace.rest();
  }
}

function makeLink(staging: Staging, line: unknown): void {
  const { type, path, target, ...times } = decodeLink(line);
  const staged = at(staging.tree, path);
  if (type === 'symlink') {
    fs.symlinkSync(Buffer.from(target, 'latin1'), staged);
    setAttributes(staged, { mode: 0, ...times });
    return;
  }
  const place = [staging.tree, staging.root].find((root) => exists(at(root, target)));
  // Behind a link, the file could be anywhere.
  if (place !== undefined && !isInTree(place, target)) {
    throw new CacheError(
      ERROR_CODES.InvalidImage,
      `The image is invalid: ${printable(path)} is another name of what is behind a link, ${printable(target)}.`,
    );
  }
  if (place === undefined || !fs.lstatSync(at(place, target)).isFile()) throw notRestored({ path, target });
  fs.linkSync(at(place, target), staged);
}

function finishDirectory(staging: Staging, line: unknown): void {
  const { path, mode, ...times } = decodeDirectory(line);
  const name = at(staging.tree, path);
  if (mode !== undefined) fs.chmodSync(name, mode);
  const time = fsTime(times);
  fs.utimesSync(name, time, time);
}

/** The last steps before a commit: what must not be there while content is written, and what writing would change. */
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { finishFile } from './file-writer.ts';
import { readLines, readLinesBackward } from './line-file.ts';
import { at, exists, fsTime, setAttributes } from './operation.ts';
import { printable } from './path.ts';
import { decodeDirectory, decodeLink, LATER } from './prepare-from-index.ts';
import type { Staging } from './staging.ts';
import type { FileEntry } from './tree-entry.ts';

const READ_BYTES = 1024 * 1024;
const STEPS_IN_ONE_GO = 500;

/**
 * Checks the digest of each file that came in parts, then makes links and sets the times of directories.
 *
 * @param large files over more than one frame, all parts written
 */
export async function finishStaging(
  staging: Staging,
  large: readonly FileEntry[],
  signal?: AbortSignal,
): Promise<void> {
  const buffer = Buffer.allocUnsafe(READ_BYTES);
  for (const entry of large) await finishLarge(staging, entry, buffer, signal);
  let steps = 0;
  for (const line of readLines(staging.listPath(LATER.links))) {
    makeLink(staging, line);
    if (++steps % STEPS_IN_ONE_GO === 0) await yieldToEvents();
  }
  // Children first: a directory may forbid to look inside.
  for (const line of readLinesBackward(staging.listPath(LATER.directories))) {
    finishDirectory(staging, line);
    if (++steps % STEPS_IN_ONE_GO === 0) await yieldToEvents();
  }
}

async function finishLarge(
  staging: Staging,
  entry: FileEntry,
  buffer: Buffer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const fd = fs.openSync(at(staging.tree, entry.path), fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
  try {
    const hash = createHash('sha256');
    let position = 0;
    for (;;) {
      const read = fs.readSync(fd, buffer, 0, buffer.length, position);
      if (read === 0) break;
      hash.update(buffer.subarray(0, read));
      position += read;
      if ((position / READ_BYTES) % 16 === 0) await yieldToEvents();
      signal?.throwIfAborted();
    }
    if (position !== entry.size || hash.digest('hex') !== entry.digest) {
      throw new CacheError(
        ERROR_CODES.InvalidImage,
        `The image is invalid: ${printable(entry.path)} does not have its digest.`,
      );
    }
    finishFile(fd, entry);
  } finally {
    fs.closeSync(fd);
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
  const file = exists(at(staging.tree, target)) ? at(staging.tree, target) : at(staging.root, target);
  if (fs.lstatSync(file, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new CacheError(
      ERROR_CODES.Unwritable,
      `${printable(path)} is another name of ${printable(target)}, which is not restored: include both, or exclude both.`,
    );
  }
  fs.linkSync(file, staged);
}

function finishDirectory(staging: Staging, line: unknown): void {
  const { path, mode, ...times } = decodeDirectory(line);
  const name = at(staging.tree, path);
  if (mode !== undefined) fs.chmodSync(name, mode);
  const time = fsTime(times);
  fs.utimesSync(name, time, time);
}

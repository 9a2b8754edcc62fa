import { readGlobs } from '../glob/glob.ts';
import type { Glob } from '../glob/glob.ts';
import { RESERVED_DIRECTORY, VOLUME_DIRECTORY } from '../reserved-directory.ts';

/** The globs of `files`, without what is this tool's own, or the volume's. Throws InvalidParams for one that could leave `source`. */
export function readFiles(files: readonly string[]): Glob[] {
  return readGlobs('files', [...files, `!**/${RESERVED_DIRECTORY}`, `!${VOLUME_DIRECTORY}`]);
}

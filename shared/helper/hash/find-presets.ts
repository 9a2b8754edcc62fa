import { detectPresets, MARK_NAMES } from '../../presets/detect.ts';
import type { Detected } from '../../presets/detect.ts';
import { FOREIGN_DIRECTORIES } from '../../presets/foreign.ts';

/** The presets that the files of the sources ask for. `ignored` are globs of directories that are none of them. */
export async function findPresets(
  source: string,
  ignored: readonly string[],
  signal?: AbortSignal,
): Promise<readonly Detected[]> {
  const { listFiles } = await import('../../cache-key/list-files.ts');
  const globs = [
    ...MARK_NAMES.map((name) => `**/${name}`),
    ...FOREIGN_DIRECTORIES.map((name) => `!**/${name}`),
    ...ignored.map((glob) => `!${glob}`),
  ];
  return detectPresets(await listFiles(source, globs, signal));
}

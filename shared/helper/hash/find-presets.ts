import { escapeGlob } from '../../glob/glob.ts';
import { detectPresets, MARK_NAMES } from '../../presets/detect.ts';
import type { Detected } from '../../presets/detect.ts';
import { FOREIGN_DIRECTORIES } from '../../presets/foreign.ts';

/**
 * The presets that the files of the sources ask for, without those in the directory of the caches, which may be mounted there a second
 * time: packages in it are projects, too.
 */
export async function findPresets(source: string, caches: string, signal?: AbortSignal): Promise<readonly Detected[]> {
  const { listFiles } = await import('../../cache-key/list-files.ts');
  const globs = [
    ...MARK_NAMES.map((name) => `**/${name}`),
    ...FOREIGN_DIRECTORIES.map((name) => `!**/${name}`),
    ...(caches.startsWith(`${source}/`) ? [`!${escapeGlob(caches.slice(source.length + 1))}`] : []),
  ];
  return detectPresets(await listFiles(source, globs, [{ dir: caches, paths: [] }], signal));
}

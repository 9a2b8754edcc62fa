/** This tool's own directory in a workspace (staging, stat cache): never hashed, stored, removed or named by users. */
export const RESERVED_DIRECTORY = '.tekton-cache';

/**
 * The directory that ext file systems make at the top of each volume, into which only root may look. It belongs to the volume: at the top of a
 * workspace or of `source` it is never hashed, stored or removed.
 */
export const VOLUME_DIRECTORY = 'lost+found';

/**
 * True for a path that is no part of what a user keeps in a workspace.
 *
 * @param path relative to the workspace
 */
export function isReservedPath(path: string): boolean {
  return path === RESERVED_DIRECTORY || path === VOLUME_DIRECTORY;
}

/** This tool's own directory in a workspace (staging, stat cache): never hashed, stored, removed or named by users. */
export const RESERVED_DIRECTORY = '.tekton-cache';

/**
 * The directory that ext file systems make at the top of each volume, which only root may look into. It is the volume's and not the user's:
 * never hashed, stored or removed at the top of a workspace or of `source`.
 */
export const VOLUME_DIRECTORY = 'lost+found';

/** Is it no part of what a user keeps in a workspace? @param path relative to the workspace */
export function isReservedPath(path: string): boolean {
  return path === RESERVED_DIRECTORY || path === VOLUME_DIRECTORY;
}

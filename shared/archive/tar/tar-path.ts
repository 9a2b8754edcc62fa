/** Paths as they stand in a tar: what ordinary tools would take for a whiteout is escaped. docs/format.md, section 2. */

const WHITEOUT_PREFIX = '.wh.';
const ESCAPE_PREFIX = '.tekton-cache.esc.';

/** The path as ordinary tools see it: components that they would take for whiteouts are escaped. */
export function tarPath(path: string): string {
  if (!path.includes(WHITEOUT_PREFIX) && !path.includes(ESCAPE_PREFIX)) return path;
  return path
    .split('/')
    .map((name) => (name.startsWith(WHITEOUT_PREFIX) || name.startsWith(ESCAPE_PREFIX) ? ESCAPE_PREFIX + name : name))
    .join('/');
}

/** The path of the whiteout that removes `path` in the layers below. */
export function whiteoutPath(path: string): string {
  const name = tarPath(path);
  const start = name.lastIndexOf('/') + 1;
  return name.slice(0, start) + WHITEOUT_PREFIX + name.slice(start);
}

/** How much longer escapes make a path, at most. */
export function escapes(path: string): number {
  return path.length === tarPath(path).length ? 0 : path.split('/').length * ESCAPE_PREFIX.length;
}

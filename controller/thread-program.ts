/** Sources are TypeScript, the image holds JavaScript. */
const EXTENSION = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const FOLDERS = ['/controller/', '/shared/'];

/**
 * Where the program of a thread lies. In the image many sources are one file, which lies elsewhere, so that a path beside the source leads to
 * nothing there; programs have the paths of their sources.
 *
 * @param path from the top of the repository, without its extension
 */
export function threadProgram(path: string): URL {
  const here = import.meta.url;
  const top = Math.max(...FOLDERS.map((folder) => here.lastIndexOf(folder)));
  return new URL(`${here.slice(0, top)}/${path}.${EXTENSION}`);
}

/** Where the files of an upload are. */
import { parentOf } from '../paths/path.ts';

export interface SourceRoot {
  /** Byte string of the workspace. */
  readonly dir: string;
  /** Links that stand for what they lead to, by their paths: absolute byte strings of that, without a link on the way. */
  readonly links: ReadonlyMap<string, string>;
}

/** @param path byte string, relative to the workspace */
export function placeOf({ dir, links }: SourceRoot, path: string): string {
  if (links.size > 0) {
    for (let part = path; part !== ''; part = parentOf(part)) {
      const target = links.get(part);
      if (target !== undefined) return target + path.slice(part.length);
    }
  }
  return `${dir}/${path}`;
}

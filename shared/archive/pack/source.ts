/** The place of the files of an upload, and each file from an open handle of its directory. */
import * as fs from 'node:fs';
import { DirectoryRoot } from '../files/directory-root.ts';
import { fsPath, parentOf } from '../paths/path.ts';

export interface SourceRoot {
  /** The workspace, a byte string. */
  readonly dir: string;
  /** Links that stand for what they lead to, by their paths: absolute byte strings of that, without a link on the way. */
  readonly links: ReadonlyMap<string, string>;
}

/**
 * The files of an upload, each named from an open handle of its directory. Others may work in the workspace: a link that comes in the place of a
 * directory would lead to files that are none of it, such as the credentials of this very process, and the entry would have them.
 */
export class Source {
  readonly #root: SourceRoot;
  #directory: DirectoryRoot | undefined;
  /** The real path of the workspace; looked up where a link stands for something. */
  #top: string | undefined;

  constructor(root: SourceRoot) {
    this.#root = root;
  }

  /**
   * Names a file.
   *
   * @param path byte string, relative to the workspace
   * @returns the path as `fs` takes it, until the next call. Its last component is not looked at
   * @throws an error with the code ENOTDIR or ENOENT where something on the way is no directory, or is not there
   */
  at(path: string): string | Buffer {
    this.#directory ??= DirectoryRoot.open(this.#root.dir);
    return this.#directory.at(this.#root.links.size === 0 ? path : this.#behindLinks(path));
  }

  /** Lets go of the directories that are open: others may have their names by now. */
  renew(): void {
    this.#directory?.forgetWay();
  }

  close(): void {
    this.#directory?.close();
    this.#directory = undefined;
  }

  #behindLinks(path: string): string {
    for (let part = path; part !== ''; part = parentOf(part)) {
      const target = this.#root.links.get(part);
      if (target !== undefined) return target.slice(this.#topLength) + path.slice(part.length);
    }
    return path;
  }

  /** The length of the real path, with the slash behind it. */
  get #topLength(): number {
    this.#top ??= fs.realpathSync(fsPath(this.#root.dir), { encoding: 'latin1' });
    return this.#top === '/' ? 1 : this.#top.length + 1;
  }
}

/** Does the work with the files of an upload, and lets go of them. */
export function withSource<T>(root: SourceRoot, work: (source: Source) => T): T {
  const source = new Source(root);
  try {
    return work(source);
  } finally {
    source.close();
  }
}

/**
 * A directory below which nothing follows a link, like `os.Root` of Go: a path is named from an open handle of its parent, and each
 * directory on the way was opened as one. A link that another process puts in the place of a directory leads no call out of the root.
 */
import * as fs from 'node:fs';
import { fsPath, isBelow, parentOf } from '../paths/path.ts';

/** The handle names a path and cannot read: so the call needs no permission on the file (open(2)). */
export const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;
/** How many of the innermost directories stay open: paths of four thousand bytes may have two thousand of them. */
const MOST_OPEN = 64;

interface OpenDirectory {
  readonly path: string;
  readonly handle: number;
}

export class DirectoryRoot {
  readonly #root: number;
  /**
   * The directories on the way to the last path, outermost first. Paths come in order, so the next path mostly has the same way. A caller moves
   * the last path itself and no directory on its way, so the handles stay valid.
   */
  readonly #way: OpenDirectory[] = [];

  private constructor(root: number) {
    this.#root = root;
  }

  /** @param path byte string of a directory, or of a link to one: the way to it is the caller's */
  static open(path: string): DirectoryRoot {
    return new DirectoryRoot(fs.openSync(fsPath(path), O_PATH | fs.constants.O_DIRECTORY));
  }

  /** A directory below this one, as a root of its own. Throws as `at` does, also for a link in its place. */
  enter(path: string): DirectoryRoot {
    return new DirectoryRoot(fs.openSync(this.at(path), DIRECTORY));
  }

  /**
   * The path as `fs` takes it, until the next call; the empty one is the directory itself. Its last component is not looked at.
   *
   * @throws an error with the code ENOTDIR or ENOENT where something on the way is no directory, or is not there
   */
  at(path: string): string | Buffer {
    const parent = parentOf(path);
    const name = parent === '' ? path : path.slice(parent.length + 1);
    return fsPath(`/proc/self/fd/${this.#goTo(parent)}/${name}`);
  }

  /** Lets go of the way to the last path: other directories may have these names by now. */
  forgetWay(): void {
    for (const { handle } of this.#way.splice(0)) fs.closeSync(handle);
  }

  close(): void {
    this.forgetWay();
    fs.closeSync(this.#root);
  }

  #goTo(directory: string): number {
    let last = this.#way.at(-1);
    while (last !== undefined && last.path !== directory && !isBelow(directory, last.path)) {
      this.#way.pop();
      fs.closeSync(last.handle);
      last = this.#way.at(-1);
    }
    let { path, handle } = last ?? { path: '', handle: this.#root };
    if (path === directory) return handle;
    for (const name of directory.slice(path === '' ? 0 : path.length + 1).split('/')) {
      handle = fs.openSync(fsPath(`/proc/self/fd/${handle}/${name}`), DIRECTORY);
      path = path === '' ? name : `${path}/${name}`;
      this.#way.push({ path, handle });
      if (this.#way.length > MOST_OPEN) fs.closeSync(this.#way.shift()?.handle ?? handle);
    }
    return handle;
  }
}

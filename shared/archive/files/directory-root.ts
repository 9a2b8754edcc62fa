/**
 * A directory below which nothing follows a link, like `os.Root` of Go: a path is named from an open handle of its parent, and each
 * directory on the way was opened as one. A link that another process puts in the place of a directory leads no call out of the root.
 */
import * as fs from 'node:fs';
import { fsPath, parentOf } from '../paths/path.ts';

/** The handle names a path and cannot read: so the call needs no permission on the file (open(2)). */
export const O_PATH = 0o10000000;
const DIRECTORY = O_PATH | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW;

export class DirectoryRoot {
  readonly #root: number;
  /**
   * The parent directory of the last path. Paths come in order, so the next path mostly has the same parent. A caller moves the last path
   * itself and never its parent, so the handle stays valid.
   */
  #parent = '';
  #handle: number;

  private constructor(root: number) {
    this.#root = root;
    this.#handle = root;
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
    if (parent !== this.#parent) this.#goTo(parent);
    const name = parent === '' ? path : path.slice(parent.length + 1);
    return fsPath(`/proc/self/fd/${this.#handle}/${name}`);
  }

  close(): void {
    this.#goToTop();
    fs.closeSync(this.#root);
  }

  #goToTop(): void {
    if (this.#handle !== this.#root) fs.closeSync(this.#handle);
    this.#handle = this.#root;
    this.#parent = '';
  }

  #goTo(parent: string): void {
    const isDeeper = this.#parent !== '' && parent.startsWith(`${this.#parent}/`);
    if (!isDeeper) this.#goToTop();
    const names = parent.slice(isDeeper ? this.#parent.length + 1 : 0).split('/');
    for (const name of parent === '' ? [] : names) {
      const next = fs.openSync(fsPath(`/proc/self/fd/${this.#handle}/${name}`), DIRECTORY);
      const path = this.#parent === '' ? name : `${this.#parent}/${name}`;
      if (this.#handle !== this.#root) fs.closeSync(this.#handle);
      this.#handle = next;
      this.#parent = path;
    }
  }
}

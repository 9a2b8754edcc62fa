/** The directories between which a journal moves things: the workspace, and staging's `tree` and `old`, all of one file system. */
import { exists, isDirectory } from '../files/attributes.ts';
import { DirectoryRoot } from '../files/directory-root.ts';
import { isInTree } from '../files/in-tree.ts';
import { fsPath, parentOf } from '../paths/path.ts';

/**
 * The workspace and its state directory may come from anywhere, such as a repository that somebody checked out. So no link in the place of
 * a directory is followed. Other processes may work in the workspace: there an open handle keeps us inside (`DirectoryRoot`). Staging belongs
 * to this process alone: there it is enough to look at each directory first.
 */
export class Places {
  readonly #root: DirectoryRoot;
  readonly #tree: string;
  readonly #old: string;
  /** A directory of the tree that was found to be one. */
  #known = '';

  /**
   * @param root the workspace, a byte string
   * @param staging path of the staging directory, a byte string
   * @throws an error with the code ENOTDIR when one of them is not a directory
   */
  constructor(root: string, staging: string) {
    this.#tree = `${staging}/tree`;
    this.#old = `${staging}/old`;
    for (const path of [staging, this.#tree, this.#old]) if (!isDirectory(fsPath(path))) throw notDirectory(path);
    this.#root = DirectoryRoot.open(root);
  }

  /** A path in the workspace, as `fs` takes it until the next call. Throws as `DirectoryRoot.at` does. */
  target(path: string): string | Buffer {
    return this.#root.at(path);
  }

  /** A path in the tree of staging, where each thing has its own path. Throws like `target`. */
  staged(path: string): string | Buffer {
    if (!this.#isInTree(path)) throw notDirectory(`${this.#tree}/${parentOf(path)}`);
    return fsPath(`${this.#tree}/${path}`);
  }

  isStaged(path: string): boolean {
    return this.#isInTree(path) && exists(fsPath(`${this.#tree}/${path}`));
  }

  /** What was there before, by number. */
  slot(number: number): string | Buffer {
    return fsPath(`${this.#old}/${number}`);
  }

  close(): void {
    this.#root.close();
  }

  /** Directories of the tree move out of it last, after what is in them. */
  #isInTree(path: string): boolean {
    const parent = parentOf(path);
    if (parent !== this.#known && !isInTree(this.#tree, path)) return false;
    this.#known = parent;
    return true;
  }
}

function notDirectory(path: string): Error {
  return Object.assign(new Error(`${path} is not a directory`), { code: 'ENOTDIR' });
}

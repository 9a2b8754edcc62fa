/** Modes and times of the directories of an image, set at the end: what is written into a directory would change them. */
import { at, isDirectory, setAttributes, setMode, type Attributes } from '../files/attributes.ts';
import type { Steps } from '../../pace.ts';
import { parentOf } from '../paths/path.ts';

/** The mode of directories without a header, as all tools make them. */
const IMPLIED_MODE = 0o755;
const OPEN_BITS = 0o700;

/** What is said of a directory, and of those in it. */
export class DirectoryAttributes {
  #own: Attributes | undefined;
  readonly #children = new Map<string, DirectoryAttributes>();

  /** A header tells of the directory. */
  set(path: string, attributes: Attributes): void {
    this.#made(path).#own = attributes;
  }

  /** A directory without a header of its own: a member below it shows that it exists. */
  imply(path: string): void {
    this.#made(path);
  }

  /** Does a header tell of the directory? */
  tells(path: string): boolean {
    return this.#told(path) !== undefined;
  }

  /** What the directory is to be. Without a header it keeps the time that it was found with. */
  attributesOf(path: string, found: Attributes): Attributes {
    return this.#told(path) ?? { ...found, mode: IMPLIED_MODE };
  }

  /** Another mode than a header tells. */
  setMode(path: string, mode: number): void {
    const told = this.#told(path);
    if (told !== undefined) this.set(path, { ...told, mode });
  }

  /** The directory is not to be protected from who made it. */
  open(path: string): void {
    const told = this.#told(path);
    if (told !== undefined) this.set(path, { ...told, mode: told.mode | OPEN_BITS });
  }

  /** Forgets the path and all below it. A directory that a later member makes there is a new one. */
  forget(path: string): void {
    const parent = this.#found(parentOf(path));
    if (parent !== undefined) parent.#children.delete(nameOf(path));
  }

  /** Lays the attributes of an upper layer over these. The caller has forgotten the paths that the upper layer replaced. */
  *lay(upper: DirectoryAttributes): Steps {
    this.#own = upper.#own ?? this.#own;
    for (const [name, child] of upper.#children) {
      yield;
      const below = this.#children.get(name);
      if (below === undefined) this.#children.set(name, child);
      else yield* below.lay(child);
    }
  }

  /**
   * Children first: a directory may forbid to look inside. Only what is a directory itself is touched, never what a link leads to.
   *
   * @param tree the directory that this is about, a byte string
   */
  *apply(tree: string): Steps {
    for (const [name, child] of this.#children) {
      yield;
      const path = `${tree}/${name}`;
      if (!isDirectory(at(path, ''))) continue;
      yield* child.apply(path);
      if (child.#own === undefined) setMode(at(path, ''), IMPLIED_MODE);
    }
    if (this.#own !== undefined) setAttributes(at(tree, ''), this.#own);
  }

  #told(path: string): Attributes | undefined {
    const found = this.#found(path);
    return found === undefined ? undefined : found.#own;
  }

  #made(path: string): DirectoryAttributes {
    if (path === '') return this;
    const parent = this.#made(parentOf(path));
    const name = nameOf(path);
    const child = parent.#children.get(name) ?? new DirectoryAttributes();
    parent.#children.set(name, child);
    return child;
  }

  #found(path: string): DirectoryAttributes | undefined {
    if (path === '') return this;
    const parent = this.#found(parentOf(path));
    return parent === undefined ? undefined : parent.#children.get(nameOf(path));
  }
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

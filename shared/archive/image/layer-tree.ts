/**
 * Writes one layer of an image that anybody may have made into a directory of its own, and lists its whiteouts. Nothing is ever written
 * through a link: each directory on the way is looked at.
 */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { DirectoryAttributes } from './directory-attributes.ts';
import { NewFile } from '../unpack/file-writer.ts';
import { isInTree } from '../files/in-tree.ts';
import { at, setAttributes, statsAt, type Attributes } from '../files/attributes.ts';
import { checkPath, parentOf, printable } from '../paths/path.ts';
import { isOutside, relationOf } from '../paths/selection.ts';
import { notRestored } from '../restore/restore-plan.ts';
import type { Selection } from '../paths/selection.ts';
import type { TarHandler } from '../tar/tar-reader.ts';
import type { TarMemberRead } from '../tar/member-extensions.ts';

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';

interface ImageLimits {
  readonly maxBytes: number;
  readonly maxFiles: number;
}

/** Counts over all layers of an image. */
export interface ImageCounts {
  bytes: number;
  members: number;
  /** Devices and pipes, which are left out. */
  special: number;
}

interface LayerTreeOptions {
  /** Directory of this layer; a byte string. */
  readonly tree: string;
  /** A directory for trees that members took the place of, to be removed by who asks; made when the first one comes. */
  readonly replaced: string;
  /** The layers below, where hard links may lead. */
  readonly below?: string;
  readonly selection: Selection;
  readonly limits: ImageLimits;
  readonly counts: ImageCounts;
}

export class LayerTree implements TarHandler {
  /** Paths that this layer removes from those below. */
  readonly whiteouts: string[] = [];
  /** Directories whose content in the layers below is removed. */
  readonly opaque: string[] = [];
  readonly directories = new DirectoryAttributes();
  readonly #options: LayerTreeOptions;
  #file: { readonly file: NewFile; readonly attributes: Attributes } | undefined;
  /** The last directory that was found to be one. */
  #known = '';
  #moved = 0;

  constructor(options: LayerTreeOptions) {
    this.#options = options;
  }

  member(member: TarMemberRead): void {
    const { counts, limits } = this.#options;
    counts.members += 1;
    counts.bytes += member.size;
    if (counts.members > limits.maxFiles || counts.bytes > limits.maxBytes) {
      throw new CacheError(
        ERROR_CODES.TooLarge,
        `The image has more than ${limits.maxFiles} files or ${limits.maxBytes} bytes.`,
      );
    }
    const path = memberPath(member.path);
    if (path === '' && member.type !== 'directory') invalid(member.path, 'is no name of a file');
    // What is hidden may be chosen although the name of its whiteout is not.
    if (path === '' || this.#isWhiteout(path)) return;
    const relation = relationOf(this.#options.selection, path);
    if (relation === 'outside') return;
    if (isOutside(relation, member.type === 'directory')) {
      // The member is left out, and hides what earlier layers have below that name.
      this.whiteouts.push(path);
      return;
    }
    this.#makeParents(path);
    this.#make(member, path);
  }

  content(chunk: Buffer): void {
    this.#file?.file.write(chunk);
  }

  hole(bytes: number): void {
    this.#file?.file.skip(bytes);
  }

  end(): void {
    this.#file?.file.finish(this.#file.attributes);
    this.#file = undefined;
  }

  /** After a failure. */
  close(): void {
    this.#file?.file.close();
  }

  #isWhiteout(path: string): boolean {
    const parent = parentOf(path);
    const name = parent === '' ? path : path.slice(parent.length + 1);
    if (!name.startsWith(WHITEOUT)) return false;
    if (name === OPAQUE) this.opaque.push(parent);
    else if (name.length > WHITEOUT.length && !name.startsWith(WHITEOUT + WHITEOUT)) {
      const hidden = parent === '' ? name.slice(WHITEOUT.length) : `${parent}/${name.slice(WHITEOUT.length)}`;
      checkPath(hidden);
      this.whiteouts.push(hidden);
    }
    return true;
  }

  #make(member: TarMemberRead, path: string): void {
    const attributes = { mode: member.mode, mtimeSec: member.mtimeSec, mtimeNs: member.mtimeNs };
    const name = this.#clear(member, path);
    if (member.type === 'special') {
      this.#options.counts.special += 1;
      // The member is left out, but what had its name is gone all the same.
      this.whiteouts.push(path);
    } else if (member.type === 'directory') {
      this.directories.set(path, attributes);
    } else if (member.type === 'file') {
      this.#file = { file: new NewFile(name, attributes), attributes };
    } else if (member.type === 'symlink') {
      if (member.target === '' || member.target.includes('\0')) invalid(path, 'is a link to nowhere');
      fs.symlinkSync(Buffer.from(member.target, 'latin1'), name);
      setAttributes(name, attributes);
    } else {
      this.#link(path, name, memberPath(member.target));
    }
  }

  /** Makes room for a member: the last one of a name counts. A directory is made here, and kept when it is there. */
  #clear(member: TarMemberRead, path: string): string | Buffer {
    const name = at(this.#options.tree, path);
    const there = statsAt(name);
    if (member.type === 'directory') {
      if (there?.isDirectory() === true) return name;
      if (there !== undefined) fs.rmSync(name);
      fs.mkdirSync(name, 0o700);
      return name;
    }
    if (there?.isDirectory() === true) {
      this.#known = '';
      this.directories.forget(path);
      this.#moveAway(name);
    } else if (there !== undefined) fs.rmSync(name);
    return name;
  }

  /** Takes the same short time however much is in it, as the archive is read meanwhile. */
  #moveAway(name: string | Buffer): void {
    const { replaced } = this.#options;
    fs.mkdirSync(at(replaced, ''), { recursive: true, mode: 0o700 });
    fs.renameSync(name, at(replaced, String(this.#moved++)));
  }

  #link(path: string, name: string | Buffer, target: string): void {
    if (target === '') invalid(path, 'is a link to nowhere');
    const { tree, below } = this.#options;
    const places = below === undefined ? [tree] : [tree, below];
    const place = places.find((root) => isInTree(root, target) && isFileOrLink(at(root, target)));
    if (place === undefined) {
      if (relationOf(this.#options.selection, target) !== 'inside') throw notRestored({ path, target });
      invalid(path, `is another name of ${printable(target)}, which is not there`);
    }
    fs.linkSync(at(place, target), name);
  }

  #makeParents(path: string): void {
    const parent = parentOf(path);
    if (parent === this.#known) return;
    for (let end = 0; end < parent.length;) {
      const slash = parent.indexOf('/', end + 1);
      end = slash < 0 ? parent.length : slash;
      const directory = parent.slice(0, end);
      const name = at(this.#options.tree, directory);
      const there = statsAt(name);
      if (there === undefined) {
        fs.mkdirSync(name, 0o700);
        this.directories.imply(directory);
      } else if (!there.isDirectory()) invalid(path, 'is below what is not a directory');
    }
    this.#known = parent;
  }
}

function isFileOrLink(name: string | Buffer): boolean {
  const stats = statsAt(name);
  return stats !== undefined && !stats.isDirectory();
}

/**
 * The path of a member: without the `./` that tools put before names and the `/` behind directories; empty for the top. An absolute name is
 * one of the image, as for all container runtimes.
 */
function memberPath(name: string): string {
  const parts = name.split('/').filter((part) => part !== '.' && part !== '');
  const path = parts.join('/');
  if (path !== '') checkPath(path);
  return path;
}

function invalid(path: string, problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `The image is invalid: ${printable(path)} ${problem}.`);
}

/** Stages what an index tells of: directories at once, content by frames, links and times when the content is there. */
import * as fs from 'node:fs';
import type { LineWriter } from '../files/line-file.ts';
import type { MissingFiles } from '../unpack/missing-files.ts';
import { at } from '../files/attributes.ts';
import { UMASK } from '../files/umask.ts';
import { fsPath } from '../paths/path.ts';
import { encodeDirectory, encodeLink, LATER } from './later-lists.ts';
import type { Preparation } from './preparation.ts';
import type { Staging } from '../commit/staging.ts';
import type { DirectoryEntry, FileEntry, HardlinkEntry, SymlinkEntry, TreeEntry } from '../entries/tree-entry.ts';

const OWN_BITS = 0o700;
const LATER_BITS = 0o7000 | UMASK;

export class PrepareFromIndex implements Preparation {
  readonly #staging: Staging;
  readonly #missing: MissingFiles;
  readonly #directories: LineWriter;
  readonly #links: LineWriter;
  /** Numbers of files that come to their places by themselves, and paths that get further names: both change the ctime. */
  readonly #moved = new Set<number>();
  readonly #linked = new Set<string>();
  #lastWritten = -1;
  readonly #keepsModes: boolean;

  constructor(staging: Staging, missing: MissingFiles) {
    this.#staging = staging;
    this.#missing = missing;
    this.#directories = staging.list(LATER.directories);
    this.#links = staging.list(LATER.links);
    this.#keepsModes = keepsModes(`${staging.path}/probe`);
  }

  file(number: number, entry: FileEntry, moved: boolean): void {
    const inParts = this.#missing.add(number, entry);
    if (moved) this.#moved.add(number);
    else if (!inParts) this.#lastWritten = number;
  }

  link(entry: SymlinkEntry | HardlinkEntry): void {
    if (entry.type === 'hardlink') this.#linked.add(entry.target);
    this.#links.write(encodeLink(entry));
  }

  directory(entry: DirectoryEntry, mode: number): void {
    // Others cannot look into staging, so it may have its mode at once.
    const final = this.#keepsModes && (mode & OWN_BITS) === OWN_BITS && (mode & LATER_BITS) === 0;
    fs.mkdirSync(at(this.#staging.tree, entry.path), final ? mode : OWN_BITS);
    const { path, mtimeSec, mtimeNs } = entry;
    this.#directories.write(encodeDirectory({ path, mode: final ? undefined : mode, mtimeSec, mtimeNs }));
  }

  mirror(path: string): void {
    fs.mkdirSync(at(this.#staging.tree, path), OWN_BITS);
  }

  /** Is the state that the last entry has after its content was written the final one? Nobody tells that of a file that comes in parts. */
  isFinal(number: number): boolean {
    return this.#lastWritten === number;
  }

  /** True where the entry is moved to its place by itself. */
  isMoved(number: number): boolean {
    return this.#moved.has(number);
  }

  get hasHardLinks(): boolean {
    return this.#linked.size > 0;
  }

  /** Does the state of a file change after its content was written? */
  changesLater(number: number, entry: TreeEntry): boolean {
    return this.#moved.has(number) || this.#linked.has(entry.path);
  }

  finish(): void {
    this.#directories.close();
    this.#links.close();
  }
}

/** Has a new directory the mode that it is made with, but for the umask? Not where it takes over a group, or permissions for it (acl(5)). */
function keepsModes(path: string): boolean {
  const probe = fsPath(path);
  fs.mkdirSync(probe, 0o777);
  const { mode } = fs.lstatSync(probe);
  fs.rmdirSync(probe);
  return (mode & 0o7777) === (0o777 & ~UMASK);
}

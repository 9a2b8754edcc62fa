/** Stages what an index tells of: directories at once, content by frames, links and times when the content is there. */
import * as fs from 'node:fs';
import type { LineWriter } from '../files/line-file.ts';
import type { MissingFiles } from '../unpack/missing-files.ts';
import { at, type Times } from '../files/attributes.ts';
import { UMASK } from '../files/umask.ts';
import { fsPath } from '../paths/path.ts';
import type { Preparation } from './restore-plan.ts';
import type { Staging } from '../commit/staging.ts';
import type { DirectoryEntry, FileEntry, HardlinkEntry, SymlinkEntry, TreeEntry } from '../entries/tree-entry.ts';

/** Names of the lists in staging of what is done after the content is there (finish-staging.ts). */
export const LATER = { directories: 'directories', links: 'links' } as const;

/** In the list of directories: the directory was made with its mode. */
const KEEP_MODE = -1;
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
    this.#missing.add(number, entry);
    if (moved) this.#moved.add(number);
    else this.#lastWritten = number;
  }

  link(entry: SymlinkEntry | HardlinkEntry): void {
    if (entry.type === 'hardlink') this.#linked.add(entry.target);
    this.#links.write([entry.type, entry.path, entry.target, entry.mtimeSec, entry.mtimeNs]);
  }

  directory(entry: DirectoryEntry, mode: number): void {
    // Others cannot look into staging, so it may have its mode at once.
    const final = this.#keepsModes && (mode & OWN_BITS) === OWN_BITS && (mode & LATER_BITS) === 0;
    fs.mkdirSync(at(this.#staging.tree, entry.path), final ? mode : OWN_BITS);
    this.#directories.write([entry.path, final ? KEEP_MODE : mode, entry.mtimeSec, entry.mtimeNs]);
  }

  mirror(path: string): void {
    fs.mkdirSync(at(this.#staging.tree, path), OWN_BITS);
  }

  /** Is the state that the last entry has after its content was written the final one? */
  isFinal(number: number): boolean {
    return this.#lastWritten === number;
  }

  /** It comes to its place by itself. */
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

interface LinkLine extends Times {
  readonly type: string;
  readonly path: string;
  readonly target: string;
}

export function decodeLink(line: unknown): LinkLine {
  const [type, path, target, mtimeSec, mtimeNs]: unknown[] = Array.isArray(line) ? line : [];
  return {
    type: String(type),
    path: String(path),
    target: String(target),
    mtimeSec: Number(mtimeSec),
    mtimeNs: Number(mtimeNs),
  };
}

interface DirectoryLine extends Times {
  readonly path: string;
  readonly mode: number | undefined;
}

/** @returns with `mode` undefined where the directory has it */
export function decodeDirectory(line: unknown): DirectoryLine {
  const [path, mode, mtimeSec, mtimeNs]: unknown[] = Array.isArray(line) ? line : [];
  const times = { mtimeSec: Number(mtimeSec), mtimeNs: Number(mtimeNs) };
  return { path: String(path), mode: mode === KEEP_MODE ? undefined : Number(mode), ...times };
}

/** Stages what an index tells of: directories at once, content by frames, links and times when the content is there. */
import * as fs from 'node:fs';
import type { LineWriter } from './line-file.ts';
import type { MissingFiles } from './missing-files.ts';
import { at, type Attributes } from './operation.ts';
import type { Preparation } from './restore-plan.ts';
import type { Staging } from './staging.ts';
import type { DirectoryEntry, FileEntry, HardlinkEntry, SymlinkEntry, TreeEntry } from './tree-entry.ts';

/** Names of the lists in staging of what is done after the content is there (finish-staging.ts). */
export const LATER = { directories: 'directories', links: 'links' } as const;

export class PrepareFromIndex implements Preparation {
  readonly #staging: Staging;
  readonly #missing: MissingFiles;
  readonly #directories: LineWriter;
  readonly #links: LineWriter;
  /** Numbers of files that come to their places by themselves, and paths that get further names: both change the ctime. */
  readonly #moved = new Set<number>();
  readonly #linked = new Set<string>();
  #lastWritten = -1;

  constructor(staging: Staging, missing: MissingFiles) {
    this.#staging = staging;
    this.#missing = missing;
    this.#directories = staging.list(LATER.directories);
    this.#links = staging.list(LATER.links);
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
    this.mirror(entry.path);
    this.#directories.write([entry.path, mode, entry.mtimeSec, entry.mtimeNs]);
  }

  mirror(path: string): void {
    fs.mkdirSync(at(this.#staging.tree, path), 0o700);
  }

  /** Is the state that the last entry has after its content was written the final one? */
  isFinal(number: number): boolean {
    return this.#lastWritten === number;
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

interface LinkLine {
  readonly type: string;
  readonly path: string;
  readonly target: string;
  readonly mtimeSec: number;
  readonly mtimeNs: number;
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

export function decodeDirectory(line: unknown): Attributes & { readonly path: string } {
  const [path, mode, mtimeSec, mtimeNs]: unknown[] = Array.isArray(line) ? line : [];
  return { path: String(path), mode: Number(mode), mtimeSec: Number(mtimeSec), mtimeNs: Number(mtimeNs) };
}

/** Makes the members of one frame, from files that others may change meanwhile. */
import { hash, type Hash } from 'node:crypto';
import * as fs from 'node:fs';
import { isFresh } from '../files/state/tick.ts';
import { timesOf, type Attributes } from '../files/attributes.ts';
import { FrameTar } from './frame-tar.ts';
import type { FinishedTar } from './frame-tar.ts';
import { LargeFile } from './large-file.ts';
import type { PackFailure, PackItem, PackSettings, PackTask, SeenFile } from './pack-task.ts';
import {
  READ_ATTEMPTS,
  isRegular,
  isUnchanged,
  openSource,
  readFully,
  readTarget,
  statAtRest,
  statOpen,
  statSource,
} from './source-file.ts';
import type { SourceStats } from './source-file.ts';
import type { Source } from './source.ts';
import { padded } from '../tar/ustar-block.ts';
import { headerBound, plainHeaderBytes } from '../tar/tar-header.ts';
import type { TreeEntry } from '../entries/tree-entry.ts';

/** What a layer keeps from frame to frame. */
export interface OpenLayer {
  /** The digest of the whole tar, where the layer has several frames. */
  readonly sum: Hash;
  /** Inodes of files with several names, by path. */
  readonly linked: Map<string, string>;
  /** The file whose parts are being read. */
  large: LargeFile | undefined;
  /** The frame before was not worth compressing: this one may be of the same kind. */
  stored: boolean;
}

interface FrameSource extends Pick<PackSettings, 'variant'> {
  readonly source: Source;
}

interface BuiltFrame extends FinishedTar {
  readonly failures: readonly PackFailure[];
}

export class FrameBuilder {
  readonly #source: Source;
  readonly #variant: number | undefined;
  readonly #layer: OpenLayer;
  readonly #tar: FrameTar;
  readonly #failures: PackFailure[] = [];

  constructor({ source, variant }: FrameSource, task: PackTask, layer: OpenLayer, buffer: Buffer) {
    this.#source = source;
    this.#variant = variant;
    this.#layer = layer;
    this.#tar = new FrameTar(task, buffer);
  }

  add(item: PackItem): void {
    const failure = this.#pack(item);
    if (failure !== undefined) this.#failures.push({ path: item.path, reason: failure });
  }

  finish(): BuiltFrame {
    return { ...this.#tar.finish(this.#variant), failures: this.#failures };
  }

  #pack(item: PackItem): PackFailure['reason'] | undefined {
    switch (item.kind) {
      case 'file':
        return this.#file(item);
      case 'part':
        return this.#part(item);
      case 'directory':
        return this.#directory(item);
      case 'symlink':
        return this.#symlink(item.path);
      case 'hardlink':
        return this.#hardlink(item.path, item.target);
      case 'ancestor':
        return this.#ancestor(item.path);
      case 'whiteout':
        break;
    }
    this.#tar.addWhiteout(item.path);
    return undefined;
  }

  #file({ path, seen }: PackItem & { readonly kind: 'file' }): PackFailure['reason'] | undefined {
    for (let attempt = 0; attempt <= READ_ATTEMPTS; attempt++) {
      const opened = openSource(this.#source, path);
      if ('failure' in opened) return opened.failure;
      try {
        const done = attempt === 0 ? this.#seenContent(path, opened.file, seen) : this.#content(path, opened.file);
        if (done) return undefined;
      } finally {
        fs.closeSync(opened.file);
      }
    }
    return 'changed';
  }

  /**
   * Writes header and content of an open file that is as the walk saw it. One look after the reading shows that. False when the file has
   * changed, when its header has an unusual length, or when the frame has no room for it.
   */
  #seenContent(path: string, file: number, { size, mtimeMs, ctimeMs }: SeenFile): boolean {
    if (isFresh(ctimeMs)) return false;
    const header = plainHeaderBytes({ path, size, ...timesOf(mtimeMs) });
    if (header === undefined || header + padded(size) > this.#tar.room) return false;
    const offset = this.#tar.at + header;
    const read = this.#read(path, file, { offset, size });
    const stats = statOpen(file);
    const same = stats.size === size && stats.state.mtimeMs === mtimeMs && stats.state.ctimeMs === ctimeMs;
    if (read !== size || !same || !isRegular(stats)) return false;
    const end = this.#tar.writeHeader({ type: 'file', path, size, target: '', ...stats.attributes });
    if (end !== offset) return false;
    this.#takeFile(path, offset, stats);
    return true;
  }

  /** Writes header and content of an open file, whatever the walk saw. A look before the reading and one after it show a change. */
  #content(path: string, file: number): boolean {
    const before = statAtRest(file);
    if (before === undefined) return false;
    const { size, attributes } = before;
    const member = { type: 'file', path, size, target: '', ...attributes } as const;
    if (!isRegular(before) || headerBound(member) + padded(size) > this.#tar.room) return false;
    const offset = this.#tar.writeHeader(member);
    const read = this.#read(path, file, { offset, size });
    if (read !== size || !isUnchanged(file, before)) return false;
    this.#takeFile(path, offset, before);
    return true;
  }

  /** Asks for one byte more than there should be, which shows a file that has grown. */
  #read(path: string, file: number, { offset, size }: { readonly offset: number; readonly size: number }): number {
    return readFully({ file, path, into: this.#tar.buffer, at: offset, length: size + 1, expected: size });
  }

  /** Header and content stand in the buffer. */
  #takeFile(path: string, offset: number, stats: SourceStats): void {
    const { size, attributes, state } = stats;
    const end = offset + size;
    const digest = hash('sha256', this.#tar.buffer.subarray(offset, end));
    this.#tar.take(end);
    this.#rememberInode(path, stats);
    this.#tar.addEntry({ type: 'file', path, ...this.#tar.placeAt(offset), ...attributes, size, digest }, state);
  }

  #part(item: PackItem & { readonly kind: 'part' }): PackFailure['reason'] | undefined {
    if (item.position === 0) {
      const opened = openSource(this.#source, item.path);
      if ('failure' in opened) return opened.failure;
      this.#layer.large = this.#begin(item, opened.file);
    }
    const { large } = this.#layer;
    if (large === undefined) return 'changed';
    large.read(this.#tar.buffer, this.#tar.at, item.length);
    this.#tar.take(this.#tar.at + item.length);
    return item.position + item.length === item.size ? this.#end(large) : undefined;
  }

  #begin({ path, size }: PackItem & { readonly kind: 'part' }, file: number): LargeFile {
    // A file that changes all the time is read for longer than a tick: `LargeFile.end` sees the change.
    const before = statAtRest(file) ?? statOpen(file);
    this.#header({ type: 'file', path, size }, before.attributes);
    this.#rememberInode(path, before);
    return new LargeFile({ path, file, size, before, place: this.#tar.placeAt(this.#tar.at) });
  }

  #end(large: LargeFile): PackFailure['reason'] | undefined {
    this.#layer.large = undefined;
    const { path, size, before, place } = large;
    const digest = large.end();
    if (digest === undefined) {
      // The layer has no good content of this file, so no later path may become another name of it.
      this.#layer.linked.delete(path);
      return 'spoiled';
    }
    this.#tar.addEntry({ type: 'file', path, ...place, ...before.attributes, size, digest }, before.state);
    return undefined;
  }

  /**
   * A directory that is gone is packed as the walk saw it: something below it was read, and needs a directory. What has come in its place may have its
   * number by now.
   */
  #directory({ path, attributes, state }: PackItem & { readonly kind: 'directory' }): undefined {
    const now = statSource(this.#source, path);
    const isSame = now?.kind === fs.constants.S_IFDIR && now.state.ino === state.ino;
    const seen = isSame ? now : { attributes, state };
    this.#header({ type: 'directory', path }, seen.attributes);
    this.#tar.addEntry({ type: 'directory', path, ...this.#tar.placeAt(this.#tar.at), ...seen.attributes }, seen.state);
  }

  #symlink(path: string): PackFailure['reason'] | undefined {
    const stats = statSource(this.#source, path);
    if (stats === undefined) return 'gone';
    const target = readTarget(this.#source, path);
    if (target === undefined || stats.kind !== fs.constants.S_IFLNK) return 'changed';
    this.#link({ type: 'symlink', path, target }, stats);
    return undefined;
  }

  #hardlink(path: string, target: string): PackFailure['reason'] | undefined {
    const stats = statSource(this.#source, path);
    if (stats === undefined) return 'gone';
    if (this.#layer.linked.get(target) !== inodeOf(stats)) return 'changed';
    this.#link({ type: 'hardlink', path, target }, stats);
    return undefined;
  }

  #link(link: Link, { attributes, state }: SourceStats): void {
    this.#header(link, attributes);
    this.#tar.addEntry({ ...link, ...this.#tar.placeAt(this.#tar.at), ...attributes }, state);
  }

  /** A directory that is gone gets no header: this very layer may hide it. */
  #ancestor(path: string): undefined {
    const stats = statSource(this.#source, path);
    if (stats?.kind === fs.constants.S_IFDIR) this.#header({ type: 'directory', path }, stats.attributes);
  }

  #header(member: Named, attributes: Attributes): void {
    this.#tar.take(this.#tar.writeHeader({ size: 0, target: '', ...member, ...attributes }));
  }

  /** Remembers the inode, as the file may have other names. */
  #rememberInode(path: string, stats: SourceStats): void {
    if (stats.links > 1) this.#layer.linked.set(path, inodeOf(stats));
  }
}

interface Link {
  readonly type: 'symlink' | 'hardlink';
  readonly path: string;
  readonly target: string;
}

interface Named {
  readonly type: TreeEntry['type'];
  readonly path: string;
  readonly size?: number;
  readonly target?: string;
}

/** Two files must never look like one. */
function inodeOf({ state: { dev }, ino }: SourceStats): string {
  return `${dev}:${ino}`;
}

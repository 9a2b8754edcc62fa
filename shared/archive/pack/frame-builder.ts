/** The tar of one frame, from files that others may change meanwhile. */
import { createHash, hash } from 'node:crypto';
import type { Hash } from 'node:crypto';
import * as fs from 'node:fs';
import type { FileState } from '../files/state/file-state.ts';
import { isFresh } from '../files/state/tick.ts';
import { FRAME_BYTES } from '../format.ts';
import { timesOf, type Attributes } from '../files/attributes.ts';
import type { PackFailure, PackItem, PackSettings, PackTask, SeenFile } from './pack-task.ts';
import { EntryBlockWriter } from '../index/entry-block.ts';
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
import type { SourceRoot } from './source-root.ts';
import { TAR_END_BYTES, markVariant, padded } from '../tar/ustar-block.ts';
import { headerBound, memberSize, plainHeaderBytes, writeHeader, writeWhiteout } from '../tar/tar-header.ts';
import type { TreeEntry } from '../entries/tree-entry.ts';

/** A large file between its parts. */
interface LargeFile {
  readonly file: number;
  readonly before: SourceStats;
  readonly sum: Hash;
  readonly frame: number;
  readonly offset: number;
  broken: boolean;
}

/** What a layer keeps from frame to frame. */
export interface OpenLayer {
  /** The digest of the whole tar, where the layer has several frames. */
  readonly sum: Hash;
  /** Inodes of files with several names, by path. */
  readonly linked: Map<string, string>;
  large: LargeFile | undefined;
  /** The frame before was not worth compressing: this one may be of the same kind. */
  stored: boolean;
}

interface BuiltFrame {
  readonly tar: Buffer;
  readonly run: EntryBlockWriter;
  readonly files: number;
  readonly bytes: number;
  readonly live: number;
  readonly failures: readonly PackFailure[];
}

/** Writes the members of one frame into a buffer, and what the index will say of them into a run. */
export class FrameBuilder {
  readonly #root: SourceRoot;
  readonly #variant: number | undefined;
  readonly #task: PackTask;
  readonly #layer: OpenLayer;
  readonly #buffer: Buffer;
  readonly #run = new EntryBlockWriter();
  readonly #failures: PackFailure[] = [];
  #at = 0;
  #files = 0;
  #bytes = 0;
  #liveBytes = 0;

  constructor({ root, variant }: PackSettings, task: PackTask, layer: OpenLayer, buffer: Buffer) {
    this.#root = root;
    this.#variant = variant;
    this.#task = task;
    this.#layer = layer;
    this.#buffer = buffer;
  }

  add(item: PackItem): void {
    const failure = this.#pack(item);
    if (failure !== undefined) this.#failures.push({ path: item.path, reason: failure });
  }

  finish(): BuiltFrame {
    if (this.#task.last) {
      this.#buffer.fill(0, this.#at, this.#at + TAR_END_BYTES);
      this.#at += TAR_END_BYTES;
    }
    const tar = this.#buffer.subarray(0, this.#at);
    if (this.#variant !== undefined && this.#task.frame === 0) markVariant(tar, this.#variant);
    return {
      tar,
      run: this.#run,
      files: this.#files,
      bytes: this.#bytes,
      live: this.#liveBytes,
      failures: this.#failures,
    };
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
    this.#at = writeWhiteout(this.#buffer, this.#at, item.path);
    return undefined;
  }

  #file({ path, seen }: PackItem & { readonly kind: 'file' }): PackFailure['reason'] | undefined {
    const start = this.#at;
    for (let attempt = 0; attempt <= READ_ATTEMPTS; attempt++) {
      const opened = openSource(this.#root, path);
      if ('failure' in opened) return opened.failure;
      try {
        const done = attempt === 0 ? this.#seenContent(path, opened.file, seen) : this.#content(path, opened.file);
        if (done) return undefined;
      } finally {
        fs.closeSync(opened.file);
      }
      this.#at = start;
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
    if (header === undefined || header + padded(size) > this.#room) return false;
    const offset = this.#at + header;
    const read = readFully(path, file, this.#buffer, offset, size + 1, size);
    const stats = statOpen(file);
    const same = stats.size === size && stats.state.mtimeMs === mtimeMs && stats.state.ctimeMs === ctimeMs;
    if (read !== size || !same || !isRegular(stats)) return false;
    const end = writeHeader(this.#buffer, this.#at, { type: 'file', path, size, target: '', ...stats.attributes });
    if (end !== offset) return false;
    this.#finishFile(path, offset, stats);
    return true;
  }

  /** The same, whatever the walk saw: two looks, before and after. */
  #content(path: string, file: number): boolean {
    const before = statAtRest(file);
    if (before === undefined) return false;
    const { size, attributes } = before;
    const member = { type: 'file', path, size, target: '', ...attributes } as const;
    if (!isRegular(before) || headerBound(member) + padded(size) > this.#room) return false;
    const offset = writeHeader(this.#buffer, this.#at, member);
    const read = readFully(path, file, this.#buffer, offset, size + 1, size);
    if (read !== size || !isUnchanged(file, before)) return false;
    this.#finishFile(path, offset, before);
    return true;
  }

  get #room(): number {
    return FRAME_BYTES - TAR_END_BYTES - this.#at;
  }

  /** Header and content stand in the buffer. */
  #finishFile(path: string, offset: number, { size, attributes, links, state }: SourceStats): void {
    const end = offset + size;
    this.#at = offset + padded(size);
    this.#buffer.fill(0, end, this.#at);
    const digest = hash('sha256', this.#buffer.subarray(offset, end));
    if (links > 1) this.#layer.linked.set(path, inodeOf(state));
    this.#live({ type: 'file', path, ...this.#place(offset), ...attributes, size, digest }, state);
    this.#bytes += size;
  }

  #part(item: PackItem & { readonly kind: 'part' }): PackFailure['reason'] | undefined {
    if (item.position === 0) {
      const opened = openSource(this.#root, item.path);
      if ('failure' in opened) return opened.failure;
      this.#layer.large = this.#begin(item, opened.file);
    }
    const { large } = this.#layer;
    if (large === undefined) return 'changed';
    const read = large.broken ? 0 : readFully(item.path, large.file, this.#buffer, this.#at, item.length);
    if (read < item.length) large.broken = true;
    this.#buffer.fill(0, this.#at + read, this.#at + padded(item.length));
    large.sum.update(this.#buffer.subarray(this.#at, this.#at + item.length));
    this.#at += padded(item.length);
    return item.position + item.length === item.size ? this.#end(item, large) : undefined;
  }

  #begin({ path, size }: PackItem & { readonly kind: 'part' }, file: number): LargeFile {
    // One that changes all the time is read for longer than a tick: the look at the end sees it.
    const before = statAtRest(file) ?? statOpen(file);
    this.#at = writeHeader(this.#buffer, this.#at, { type: 'file', path, size, target: '', ...before.attributes });
    const broken = before.size !== size || !isRegular(before);
    if (before.links > 1) this.#layer.linked.set(path, inodeOf(before.state));
    return { file, before, sum: createHash('sha256'), frame: this.#task.frame, offset: this.#at, broken };
  }

  #end({ path, size }: PackItem & { readonly kind: 'part' }, large: LargeFile): PackFailure['reason'] | undefined {
    this.#layer.large = undefined;
    const { file, before, sum, frame, offset } = large;
    const changed = large.broken || !isUnchanged(file, before);
    fs.closeSync(file);
    if (changed) {
      // Nothing may become another name of it.
      this.#layer.linked.delete(path);
      return 'spoiled';
    }
    const place = { layer: this.#task.layer, frame, offset };
    this.#live({ type: 'file', path, ...place, ...before.attributes, size, digest: sum.digest('hex') }, before.state);
    this.#bytes += size;
    return undefined;
  }

  /** A directory that is gone is packed as it was: what was read below it needs one. */
  #directory({ path, attributes, state }: PackItem & { readonly kind: 'directory' }): undefined {
    const now = statSource(this.#root, path);
    const seen = now !== undefined && now.state.ino === state.ino ? now : { attributes, state };
    this.#header('directory', path, seen.attributes);
    this.#live({ type: 'directory', path, ...this.#place(this.#at), ...seen.attributes }, seen.state);
  }

  #symlink(path: string): PackFailure['reason'] | undefined {
    const stats = statSource(this.#root, path);
    if (stats === undefined) return 'gone';
    const target = readTarget(this.#root, path);
    if (target === undefined) return 'changed';
    this.#header('symlink', path, stats.attributes, target);
    this.#live({ type: 'symlink', path, ...this.#place(this.#at), ...stats.attributes, target }, stats.state);
    return undefined;
  }

  #hardlink(path: string, target: string): PackFailure['reason'] | undefined {
    const stats = statSource(this.#root, path);
    if (stats === undefined) return 'gone';
    if (this.#layer.linked.get(target) !== inodeOf(stats.state)) return 'changed';
    this.#header('hardlink', path, stats.attributes, target);
    this.#live({ type: 'hardlink', path, ...this.#place(this.#at), ...stats.attributes, target }, stats.state);
    return undefined;
  }

  /** A directory that is gone gets no header: this very layer may hide it. */
  #ancestor(path: string): undefined {
    const stats = statSource(this.#root, path);
    if (stats?.kind === fs.constants.S_IFDIR) this.#header('directory', path, stats.attributes);
  }

  #header(type: TreeEntry['type'], path: string, attributes: Attributes, target = ''): undefined {
    this.#at = writeHeader(this.#buffer, this.#at, { type, path, size: 0, target, ...attributes });
  }

  #live(entry: TreeEntry, state: FileState): void {
    this.#run.add(entry, state);
    this.#files++;
    this.#liveBytes += memberSize(entry);
  }

  #place(offset: number): { readonly layer: number; readonly frame: number; readonly offset: number } {
    return { layer: this.#task.layer, frame: this.#task.frame, offset };
  }
}

function inodeOf({ dev, ino }: FileState): string {
  return `${dev}:${ino}`;
}

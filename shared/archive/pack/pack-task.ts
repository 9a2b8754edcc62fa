/** A task of a packing thread, and its result: one frame each. Both are plain data, which travels between threads. */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Effort } from './compress.ts';
import type { Attributes } from '../files/attributes.ts';
import type { Compression } from '../format.ts';
import type { FileState } from '../files/state/file-state.ts';
import type { EntryBlock } from '../index/entry-block.ts';
import type { Frame } from '../entries/tree-entry.ts';
import type { SourceRoot } from './source.ts';

export type PackItem =
  /** A file that fits into the frame, with what the walk saw of it. */
  | { readonly kind: 'file'; readonly path: string; readonly seen: SeenFile }
  /** Bytes of a file that is larger than a frame, which has `size` in all; the first part begins with the header. */
  | {
      readonly kind: 'part';
      readonly path: string;
      readonly size: number;
      readonly position: number;
      readonly length: number;
    }
  /** A directory, with what the walk saw of it, in case that it is gone. */
  | { readonly kind: 'directory'; readonly path: string; readonly attributes: Attributes; readonly state: FileState }
  | { readonly kind: 'symlink'; readonly path: string }
  /** Another name of a file that is in the same layer already. */
  | { readonly kind: 'hardlink'; readonly path: string; readonly target: string }
  /** The header of a directory above others, if it is one; the index has it elsewhere. */
  | { readonly kind: 'ancestor'; readonly path: string }
  /** Hides the path in the layers below. */
  | { readonly kind: 'whiteout'; readonly path: string };

export interface SeenFile {
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

export interface PackTask {
  /** Id of the layer, and the number of this frame in it. */
  readonly layer: number;
  readonly frame: number;
  readonly items: readonly PackItem[];
  /** The frame ends the layer. */
  readonly last: boolean;
  readonly effort: Effort;
}

/** As a task travels: as text, since a copy of its thousands of objects takes twice the time. */
export function writeTask(task: PackTask): string {
  return JSON.stringify(task);
}

export function readTask(text: string): PackTask {
  return JSON.parse(text);
}

/** Small enough to be kept until the upload ends. */
export function keepTask(text: string): Uint8Array<ArrayBuffer> {
  // A copy, as the output may share its memory with others, which would travel with it.
  return new Uint8Array(zstdCompressSync(text));
}

export function keptTask(kept: Uint8Array): PackTask {
  return readTask(zstdDecompressSync(kept).toString('utf8'));
}

export interface PackFailure {
  readonly path: string;
  /** `spoiled`: changed as well, and the layer holds unusable bytes under its name. */
  readonly reason: 'gone' | 'changed' | 'spoiled';
}

export interface PackResult {
  readonly frame: Frame;
  readonly compressed: Uint8Array<ArrayBuffer>;
  /** What it was compressed with. None where no effort makes a difference: it was stored, or the compression has just one. */
  readonly effort: Effort | undefined;
  /** Entries of the index, in path order. */
  readonly blocks: readonly EntryBlock[];
  /** Live entries in the blocks. */
  readonly files: number;
  /** Content bytes of the files in the blocks. */
  readonly bytes: number;
  /** Bytes of its tar that belong to them (memberSize). */
  readonly live: number;
  readonly failures: readonly PackFailure[];
  /** SHA-256 of the layer's tar, 64 hex digits, after its last frame. */
  readonly diffId: string | undefined;
  /** What it was packed from, for a second packing: see keptTask. */
  readonly kept: Uint8Array;
}

/** What is the same for all tasks of an upload. */
export interface PackSettings {
  readonly root: SourceRoot;
  readonly compression: Compression;
  /** A number that changes the bytes of every layer, so that no digest equals that of an upload with another variant, or without one. */
  readonly variant?: number | undefined;
}

/** What a thread found in a file that it only read. */
export type ReadResult =
  | {
      readonly found: true;
      readonly digest: string;
      readonly size: number;
      readonly attributes: Attributes;
      readonly state: FileState;
    }
  | { readonly found: false; readonly reason: PackFailure['reason'] };

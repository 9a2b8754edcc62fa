/** Divides what is to be packed into frames: pure, and exact enough that a frame is never too full. */
import { FRAME_BYTES } from '../format.ts';
import type { PackItem } from './pack-task.ts';
import { isBelow, parentOf } from '../paths/path.ts';
import { TAR_BLOCK, TAR_END_BYTES, padded } from '../tar/ustar-block.ts';
import { headerBound } from '../tar/tar-header.ts';

/** The items of one frame, or one file that needs frames of its own. */
export type Unit =
  | { readonly kind: 'frame'; readonly items: readonly PackItem[] }
  | { readonly kind: 'large'; readonly path: string; readonly size: number; readonly ancestors: readonly PackItem[] };

const CAPACITY = FRAME_BYTES - TAR_END_BYTES;
/** A link's target is at most as long as a path. */
const MAX_TARGET = 'x'.repeat(4096);

export class FramePlanner {
  #items: PackItem[] = [];
  #used = 0;
  /** Directories that have a header in this frame and are above the last item, outermost first. */
  #open: string[] = [];

  /**
   * Adds what comes next in path order.
   *
   * @param size bytes of content
   * @returns the units that are complete now
   */
  add(item: PackItem, size = 0): Unit[] {
    const own = itemBound(item, size);
    const ancestors = this.#missing(item.path);
    const needed = own + sum(ancestors);
    if (this.#used + needed <= CAPACITY) {
      this.#put(ancestors, item, needed);
      return [];
    }
    const done = this.finish();
    const all = this.#missing(item.path);
    if (item.kind === 'file' && own + sum(all) > CAPACITY) {
      return [...done, { kind: 'large', path: item.path, size, ancestors: all }];
    }
    this.#put(all, item, own + sum(all));
    return done;
  }

  finish(): Unit[] {
    const items = this.#items;
    this.#items = [];
    this.#used = 0;
    this.#open = [];
    return items.length === 0 ? [] : [{ kind: 'frame', items }];
  }

  #put(ancestors: readonly PackItem[], item: PackItem, needed: number): void {
    this.#items.push(...ancestors, item);
    for (const { path } of ancestors) this.#open.push(path);
    if (item.kind === 'directory') this.#open.push(item.path);
    this.#used += needed;
  }

  /** Headers of directories above the path that this frame lacks. */
  #missing(path: string): PackItem[] {
    while (this.#open.length > 0 && !isBelow(path, this.#open.at(-1) ?? '')) this.#open.pop();
    const nearest = this.#open.at(-1) ?? '';
    const missing: PackItem[] = [];
    for (let parent = parentOf(path); parent !== nearest; parent = parentOf(parent)) {
      missing.push({ kind: 'ancestor', path: parent });
    }
    return missing.toReversed();
  }
}

/** How the parts of a large file fall on frames: every part but the last fills its frame. */
export function* partsOf(path: string, size: number, ancestors: readonly PackItem[]): IterableIterator<PackItem[]> {
  const first = CAPACITY - itemBound({ kind: 'ancestor', path }, 0) - sum(ancestors);
  let length = first - (first % TAR_BLOCK);
  for (let position = 0; position < size; position += length, length = CAPACITY) {
    const part: PackItem = { kind: 'part', path, size, position, length: Math.min(length, size - position) };
    yield position === 0 ? [...ancestors, part] : [part];
  }
}

function itemBound(item: PackItem, size: number): number {
  const target = item.kind === 'symlink' ? MAX_TARGET : item.kind === 'hardlink' ? item.target : '';
  return (
    headerBound({ type: 'file', path: item.path, mode: 0, mtimeSec: 0, mtimeNs: 0, size: 0, target }) + padded(size)
  );
}

function sum(items: readonly PackItem[]): number {
  return items.reduce((total, item) => total + itemBound(item, 0), 0);
}

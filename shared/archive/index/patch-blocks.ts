/**
 * Changes laid over entries in blocks. A block that no change falls into stays as it is, bytes and all: after a small change to a large
 * tree nearly all do.
 */
import { ByteReader } from '../entries/byte-reader.ts';
import { readBlock } from './index-reader.ts';
import { BlockWriter } from './index-writer.ts';
import type { Block } from './index-writer.ts';
import { hides, liveEntries, overlay } from '../entries/overlay.ts';
import { comparePaths } from '../paths/path.ts';
import type { DeletedEntry, IndexEntry, TreeEntry } from '../entries/tree-entry.ts';

interface BlockPatch<B extends Block, T extends TreeEntry> {
  /** The blocks in path order; they are read once. */
  readonly blocks: Iterable<B>;
  readonly decode: (block: B) => Iterator<T>;
  /** The changes in path order. */
  readonly changes: Iterable<T | DeletedEntry>;
  /** May blocks stay? They may unless it is false. */
  readonly mayStay?: boolean;
  /** Told of each entry of the blocks that is not in the result. */
  readonly replaced?: (entry: T) => void;
}

/** A block that stays, or an entry from where something changes. */
type Patched<B, T> = { readonly block: B } | { readonly entry: T };

export function* patchBlocks<B extends Block, T extends TreeEntry>(
  patch: BlockPatch<B, T>,
): IterableIterator<Patched<B, T>> {
  const changes = new Changes(patch.changes);
  for (const { block, first, next } of withBounds(patch.blocks)) {
    const stays = changes.noneBefore(next) && !changes.hide(first) && patch.mayStay !== false;
    if (stays) yield { block };
    else for (const entry of patchBlock(patch, block, changes, next)) yield { entry };
  }
  for (const entry of overlay<T>([].values(), changes.before(undefined))) yield { entry };
}

/** Blocks of an index with changes laid over it. */
export function patchIndex(blocks: readonly Block[], changes: Iterable<IndexEntry>): readonly Block[] {
  const writer = new BlockWriter();
  const decode = (block: Block): Iterator<TreeEntry> => liveEntries(entriesOf(block));
  for (const part of patchBlocks({ blocks, decode, changes })) {
    if ('block' in part) writer.addBlock(part.block);
    else writer.add(part.entry);
  }
  return writer.finish();
}

function* patchBlock<B extends Block, T extends TreeEntry>(
  { decode, replaced }: BlockPatch<B, T>,
  block: B,
  changes: Changes<T>,
  next: string | undefined,
): IterableIterator<T> {
  yield* overlay(visible(decode(block), changes, replaced), changes.before(next), replaced);
}

/** Without what the last change before the block hides of its beginning. */
function* visible<T extends TreeEntry>(
  entries: Iterator<T>,
  changes: Changes<T>,
  replaced: ((entry: T) => void) | undefined,
): IterableIterator<T> {
  let entry = entries.next();
  for (; entry.done !== true && changes.hide(entry.value.path); entry = entries.next()) replaced?.(entry.value);
  for (; entry.done !== true; entry = entries.next()) yield entry.value;
}

interface BoundedBlock<B> {
  readonly block: B;
  /** Its first path, and that of the block after it. */
  readonly first: string;
  readonly next: string | undefined;
}

function* withBounds<B extends Block>(blocks: Iterable<B>): IterableIterator<BoundedBlock<B>> {
  let current: { readonly block: B; readonly first: string } | undefined;
  for (const block of blocks) {
    const first = firstPath(block);
    if (current !== undefined) yield { ...current, next: first };
    current = { block, first };
  }
  if (current !== undefined) yield { ...current, next: undefined };
}

function firstPath(block: Block): string {
  const first = entriesOf(block).next();
  return first.done === true ? '' : first.value.path;
}

function entriesOf({ data }: Block): IterableIterator<IndexEntry> {
  return readBlock(new ByteReader(data, 'A block of the index'));
}

/** Changes as they are taken, one by one. */
class Changes<T extends TreeEntry> {
  readonly #changes: Iterator<T | DeletedEntry>;
  #next: T | DeletedEntry | undefined;
  #last: T | DeletedEntry | undefined;

  constructor(changes: Iterable<T | DeletedEntry>) {
    this.#changes = changes[Symbol.iterator]();
    this.#advance();
  }

  /** Is no change left that comes before the path? */
  noneBefore(path: string | undefined): boolean {
    return this.#next === undefined || (path !== undefined && comparePaths(this.#next.path, path) >= 0);
  }

  /** Takes those. */
  *before(path: string | undefined): IterableIterator<T | DeletedEntry> {
    while (this.#next !== undefined && !this.noneBefore(path)) {
      this.#last = this.#next;
      this.#advance();
      yield this.#last;
    }
  }

  /** Does the last one that was taken hide what was at the path? */
  hide(path: string): boolean {
    return this.#last !== undefined && hides(this.#last, path);
  }

  #advance(): void {
    const next = this.#changes.next();
    this.#next = next.done === true ? undefined : next.value;
  }
}

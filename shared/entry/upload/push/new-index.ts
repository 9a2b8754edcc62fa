/** The index of a new entry, the stat cache of the workspace, and the sums for the manifest. */
import { BlockWriter } from '../../../archive/index/index-writer.ts';
import type { Block } from '../../../archive/index/index-writer.ts';
import { LiveSums } from '../../../archive/index/live-sums.ts';
import type { Sums } from '../../../archive/index/live-sums.ts';
import { mergeSorted } from '../../../archive/entries/merge-sorted.ts';
import { patchBlocks } from '../../../archive/index/patch-blocks.ts';
import { readCached } from '../../../archive/stat-cache/stat-cache.ts';
import type { StatCache } from '../../../archive/stat-cache/stat-cache.ts';
import type { StatCacheWriter } from '../../../archive/stat-cache/stat-cache-writer.ts';
import { readEntryBlocks } from '../../../archive/index/entry-block.ts';
import type { EntryBlock, StatedChange, StatedEntry } from '../../../archive/index/entry-block.ts';
import type { Pace } from '../../../pace.ts';
import type { Changes, BlocksByPhase } from '../layers/changes.ts';

export interface NewIndex extends Sums {
  /** A base index has all live entries, a delta has the changes. */
  readonly blocks: readonly Block[];
}

interface NewIndexOptions {
  readonly kind: 'base' | 'delta';
  readonly changes: Changes;
  /** The entries before the changes. Without it the changes tell of all that is live. */
  readonly before: StatCache | undefined;
  readonly statCache: StatCacheWriter | undefined;
  readonly pace: Pace;
}

/** Makes the new index in one pass over the live tree; for a delta only over what is near a change. */
export async function newIndex({ kind, changes, before, statCache, pace }: NewIndexOptions): Promise<NewIndex> {
  const sums = new LiveSums(before?.sums);
  const all = new BlockWriter();
  const patched = patchBlocks<EntryBlock, StatedEntry>({
    blocks: before?.readBlocks() ?? [],
    decode: (block) => readCached([block]),
    changes: counted(
      mergeSorted([...changes.touched, ...changes.changed].map((blocks) => readEntryBlocks(blocks))),
      sums,
    ),
    // A base is also where blocks that have become small grow together again.
    mayStay: kind === 'delta',
    replaced: (entry) => sums.remove(entry),
  });
  for (const part of patched) {
    if ('block' in part) {
      statCache?.addBlock(part.block);
    } else {
      statCache?.add(part.entry, part.entry.state);
      if (kind === 'base') all.add(part.entry);
    }
    if (pace.isDue) await pace.rest();
  }
  const { files, size, live } = sums;
  return { blocks: kind === 'base' ? all.finish() : await deltaBlocks(changes.changed, pace), files, size, live };
}

/** The same where nothing was before and all came in order: the blocks of that phase are the index. Nothing when it is not so simple. */
export async function firstIndex({
  changes,
  statCache,
  pace,
}: Pick<NewIndexOptions, 'changes' | 'statCache' | 'pace'>): Promise<NewIndex | undefined> {
  const [blocks = [], ...others] = changes.changed;
  if (others.length > 0 || changes.layers.some(({ hides }) => hides)) return undefined;
  for (const block of blocks) {
    statCache?.addBlock(block);
    if (pace.isDue) await pace.rest();
  }
  const live = new Map(changes.layers.map((layer) => [layer.id, layer.live]));
  return { blocks, files: changes.files, size: changes.bytes, live };
}

async function deltaBlocks(changed: BlocksByPhase, pace: Pace): Promise<readonly Block[]> {
  const [first, ...others] = changed;
  if (first !== undefined && others.length === 0) return first;
  const writer = new BlockWriter();
  for (const change of mergeSorted(changed.map((blocks) => readEntryBlocks(blocks)))) {
    writer.add(change);
    if (pace.isDue) await pace.rest();
  }
  return writer.finish();
}

function* counted(changes: Iterable<StatedChange>, sums: LiveSums): IterableIterator<StatedChange> {
  for (const change of changes) {
    if (change.type !== 'deleted') sums.add(change);
    yield change;
  }
}

/** The index of a new entry, the record of the workspace, and the sums for the manifest: one pass over the live tree. */
import { overlay } from '../archive/index-merge.ts';
import { BlockWriter } from '../archive/index-writer.ts';
import type { Block } from '../archive/index-writer.ts';
import { mergeSorted } from '../archive/merge-sorted.ts';
import type { RecordWriter } from '../archive/record.ts';
import { readRun } from '../archive/run.ts';
import type { StatedChange, StatedEntry } from '../archive/run.ts';
import { memberSize } from '../archive/tar-header.ts';
import type { Changes, Runs } from './change-sink.ts';

export interface NewIndex {
  /** Of all live entries in a base, of the changes in a delta. */
  readonly blocks: readonly Block[];
  /** Live entries, and bytes of content, every inode once. */
  readonly files: number;
  readonly size: number;
  /** Tar bytes of live entries by id of the layer; absent ids have none. */
  readonly live: ReadonlyMap<number, number>;
}

export interface NewIndexOptions {
  readonly kind: 'base' | 'delta';
  readonly changes: Changes;
  /** The entries before the changes, with their states as recorded. */
  readonly recorded: Iterable<StatedEntry>;
  readonly record: RecordWriter | undefined;
}

export function newIndex({ kind, changes, recorded, record }: NewIndexOptions): NewIndex {
  const before = overlay<StatedEntry>(recorded[Symbol.iterator](), changesOf(changes.touched));
  const all = new BlockWriter();
  const live = new Map<number, number>();
  let files = 0;
  let size = 0;
  for (const { state, ...entry } of overlay<StatedEntry>(before, changesOf(changes.runs))) {
    record?.add(entry, state);
    if (kind === 'base') all.add(entry);
    live.set(entry.layer, (live.get(entry.layer) ?? 0) + memberSize(entry));
    files++;
    if (entry.type === 'file') size += entry.size;
  }
  return { blocks: kind === 'base' ? all.finish() : deltaBlocks(changes.runs), files, size, live };
}

/** The same where nothing was before and all came in order: the runs are the index. Nothing when it is not so simple. */
export function firstIndex(changes: Changes, record: RecordWriter | undefined): NewIndex | undefined {
  const [run, ...others] = changes.runs;
  if (others.length > 0 || changes.layers.some(({ hides }) => hides)) return undefined;
  const blocks = run ?? [];
  record?.addRun(blocks);
  const live = new Map(
    changes.layers.map(({ id, frames }) => [id, frames.reduce((sum, frame) => sum + frame.tarSize, 0)]),
  );
  return { blocks, files: changes.files, size: changes.bytes, live };
}

function deltaBlocks(runs: Runs): readonly Block[] {
  const [run, ...others] = runs;
  if (run !== undefined && others.length === 0) return run;
  const writer = new BlockWriter();
  for (const change of changesOf(runs)) writer.add(change);
  return writer.finish();
}

function changesOf(runs: Runs): IterableIterator<StatedChange> {
  return mergeSorted(runs.map((blocks) => readRun(blocks)));
}

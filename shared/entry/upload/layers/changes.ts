/** What an upload adds to the entry that it builds upon. */
import type { EntryBlock } from '../../../archive/index/entry-block.ts';
import type { NewLayer } from './layer-uploads.ts';

/** Entries of each phase: the blocks of one are in path order, and no path is in two phases. */
export type BlocksByPhase = readonly (readonly EntryBlock[])[];

export interface Changes {
  readonly layers: readonly NewLayer[];
  /** New entries, and deletions. */
  readonly changed: BlocksByPhase;
  /** Known entries of which just the state is new. */
  readonly touched: BlocksByPhase;
  readonly bytesSent: number;
  /** Live entries that were packed, and bytes of their content. */
  readonly files: number;
  readonly bytes: number;
  /** Files that did not hold still. */
  readonly leftOut: readonly string[];
  /** Files whose new mode or time is only in the index. */
  readonly described: number;
  /** Frames by the effort they were compressed with. */
  readonly efforts: readonly number[];
}

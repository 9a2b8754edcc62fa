/** From the comparison of a path to its change: packed, described, removed, touched, or nothing. */
import type { Attributes } from '../../../archive/files/attributes.ts';
import type { FileState } from '../../../archive/files/state/file-state.ts';
import type { PackPool } from '../../../archive/pack/pack-pool.ts';
import type { ReadResult } from '../../../archive/pack/pack-task.ts';
import { readTarget, statSource } from '../../../archive/pack/source-file.ts';
import type { Source } from '../../../archive/pack/source.ts';
import type { WalkItem } from '../../../archive/files/walk/walk.ts';
import type { Pace } from '../../../pace.ts';
import type { LayerBuilder } from '../layers/layer-builder.ts';
import { packItem } from '../layers/pack-items.ts';
import { classifyChange } from './classify-change.ts';
import type { Comparison, KnownEntry } from './compare-tree.ts';

/** Decisions that wait in memory while files are read for them. */
const WINDOW_ITEMS = 8192;
const WINDOW_BYTES = 64 * 1024 * 1024;
/** Reading more than this is worth threads. */
const THREAD_BYTES = 8 * 1024 * 1024;
const THREAD_FILES = 1000;
const BATCH_FILES = 256;

export interface DecisionOptions {
  /** The workspace, a byte string. */
  readonly root: string;
  readonly source: Source;
  readonly pool: PackPool;
  readonly builder: LayerBuilder;
  /** The workspace was brought up from the known entry (see classifyChange). */
  readonly sameWorkspace: boolean;
  /** Layers whose content is packed again in any case. */
  readonly moving: ReadonlySet<number>;
  readonly pace: Pace;
}

/** A comparison of any other path. */
type SingleComparison = Exclude<Comparison, { readonly kind: 'linked' }>;
/** A comparison of a file with several names. */
export type LinkedComparison = Comparison & { readonly kind: 'linked' };
type Doubtful = SingleComparison & { readonly kind: 'doubtful' };

/**
 * Decides about each, in path order. Files whose state gives no certainty are read for that, in batches. Ends at once when the builder
 * refuses a change.
 *
 * @returns those of files with several names: about them it is decided together
 */
export async function decideChanges(
  comparisons: Iterable<Comparison | undefined>,
  options: DecisionOptions,
): Promise<LinkedComparison[]> {
  const { builder, moving, pace } = options;
  const window = new Window(options);
  const linked: LinkedComparison[] = [];
  for (const comparison of comparisons) {
    if (comparison?.kind === 'linked') linked.push(comparison);
    else if (comparison !== undefined && (comparison.kind !== 'kept' || moving.has(comparison.known.layer))) {
      // Mostly there is nothing to wait for: to await that for each of them would take time.
      const decided = window.add(comparison);
      if (decided !== undefined) await decided;
    }
    if (pace.isDue) await pace.rest();
    if (builder.refusal !== undefined) return linked;
  }
  await window.flush();
  return linked;
}

/** Comparisons in order, from the first one on that has to be read. */
class Window {
  readonly #options: DecisionOptions;
  #items: SingleComparison[] = [];
  #bytes = 0;

  constructor(options: DecisionOptions) {
    this.#options = options;
  }

  /** Settles when another one may come; nothing where it may come at once. */
  add(comparison: SingleComparison): Promise<void> | undefined {
    const read = comparison.kind === 'doubtful' && comparison.item.type === 'file';
    if (!read && this.#items.length === 0) return decide(comparison, undefined, this.#options);
    this.#items.push(comparison);
    if (read) this.#bytes += comparison.item.stats.size;
    return this.#items.length >= WINDOW_ITEMS || this.#bytes >= WINDOW_BYTES ? this.flush() : undefined;
  }

  async flush(): Promise<void> {
    const items = this.#items;
    this.#items = [];
    const files = items.filter(({ kind }) => kind === 'doubtful').map(pathOf);
    const contents = await readAll(files, this.#bytes, this.#options.pool);
    this.#bytes = 0;
    for (const item of items) await decide(item, contents.get(pathOf(item)), this.#options);
  }
}

async function readAll(paths: readonly string[], bytes: number, pool: PackPool): Promise<Map<string, ReadResult>> {
  if (bytes > THREAD_BYTES || paths.length > THREAD_FILES) pool.useThreads();
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < paths.length; at += BATCH_FILES) batches.push(paths.slice(at, at + BATCH_FILES));
  const results = await Promise.all(batches.map((batch, n) => pool.digest(n % pool.slots, batch)));
  return new Map(results.flat().map((result, n) => [paths[n] ?? '', result]));
}

/** Nothing where another one may come at once. */
function decide(
  comparison: SingleComparison,
  content: ReadResult | undefined,
  options: DecisionOptions,
): Promise<void> | undefined {
  const { builder } = options;
  switch (comparison.kind) {
    case 'kept': {
      const { item, size } = packItem(comparison.item);
      return builder.pack(item, size);
    }
    case 'gone':
      return comparison.below ? undefined : builder.remove(comparison.path);
    case 'new': {
      const { item, size } = packItem(comparison.item);
      return item.kind === 'directory' ? builder.packDirectory(item) : builder.pack(item, size);
    }
    case 'doubtful':
      break;
  }
  return decideDoubtful(comparison, content, options);
}

async function decideDoubtful(
  { item, known }: Doubtful,
  content: ReadResult | undefined,
  { source, builder, sameWorkspace, moving }: DecisionOptions,
): Promise<void> {
  const seen = look(source, item, known, content);
  const packs = seen === undefined || moving.has(known.layer);
  const judgement = packs ? 'pack' : classifyChange(known, { ...seen, sameWorkspace });
  if (seen === undefined || judgement === 'pack') {
    const { item: packed, size } = packItem(item);
    await builder.pack(packed, size);
  } else if (judgement === 'same') {
    builder.touch(known, seen.state);
  } else {
    await builder.describe({ ...known, ...seen.attributes }, seen.state);
  }
}

interface Look {
  readonly attributes: Attributes;
  readonly state: FileState;
  readonly sameContent: boolean;
}

function look(source: Source, item: WalkItem, known: KnownEntry, content: ReadResult | undefined): Look | undefined {
  if (item.type === 'file') {
    if (content?.found !== true || known.type !== 'file') return undefined;
    const { attributes, state, digest, size } = content;
    return { attributes, state, sameContent: digest === known.digest && size === known.size };
  }
  const stats = statSource(source, item.path);
  if (stats === undefined) return undefined;
  const sameContent = known.type !== 'symlink' || readTarget(source, item.path) === known.target;
  return { attributes: stats.attributes, state: stats.state, sameContent };
}

function pathOf(comparison: SingleComparison): string {
  return comparison.kind === 'gone' ? comparison.path : comparison.item.path;
}

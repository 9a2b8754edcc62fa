/**
 * From comparisons to changes. Files whose state gives no certainty are read in batches before it is decided about them; what
 * is decided stays in path order.
 */
import { groupByInode } from '../../../archive/files/walk/hard-links.ts';
import type { Attributes } from '../../../archive/files/attributes.ts';
import type { FileState } from '../../../archive/files/state/file-state.ts';
import type { Pace } from '../../../pace.ts';
import type { PackPool } from '../../../archive/pack/pack-pool.ts';
import type { ReadResult } from '../../../archive/pack/pack-task.ts';
import { comparePaths } from '../../../archive/paths/path.ts';
import { readTarget, statSource } from '../../../archive/pack/source-file.ts';
import type { SourceRoot } from '../../../archive/pack/source-root.ts';
import type { TreeEntry } from '../../../archive/entries/tree-entry.ts';
import type { WalkItem } from '../../../archive/files/walk/walk.ts';
import type { LayerBuilder } from '../layers/layer-builder.ts';
import type { Comparison, KnownEntry } from './compare-tree.ts';
import { classifyChange } from './classify-change.ts';
import { packItem } from '../layers/pack-items.ts';

/** Decisions that wait in memory while files are read for them. */
const WINDOW_ITEMS = 8192;
const WINDOW_BYTES = 64 * 1024 * 1024;
/** Reading more than this is worth threads. */
const THREAD_BYTES = 8 * 1024 * 1024;
const THREAD_FILES = 1000;
const BATCH_FILES = 256;

export interface CollectOptions {
  readonly root: SourceRoot;
  readonly pool: PackPool;
  readonly builder: LayerBuilder;
  /** The workspace was brought up from the known entry (see classifyChange). */
  readonly sameWorkspace: boolean;
  /** Layers whose content is packed again in any case. */
  readonly moving: ReadonlySet<number>;
  readonly pace: Pace;
}

type Linked = Comparison & { readonly kind: 'linked' };
type Doubtful = Comparison & { readonly kind: 'doubtful' };

/** Ends at once when the builder refuses a change. */
export async function collectChanges(
  comparisons: Iterable<Comparison | undefined>,
  options: CollectOptions,
): Promise<void> {
  const linked: Linked[] = [];
  await decideAll(comparisons, options, linked);
  if (options.builder.refusal !== undefined) return;
  await options.builder.endPhase();
  if (linked.length > 0) await decideLinked(linked, options);
}

async function decideAll(
  comparisons: Iterable<Comparison | undefined>,
  options: CollectOptions,
  linked: Linked[],
): Promise<void> {
  const window = new Window(options, linked);
  // Most are kept, and waiting for nothing takes its time too.
  for (const comparison of comparisons) {
    if (comparison !== undefined && (comparison.kind !== 'kept' || options.moving.has(comparison.known.layer)))
      await window.add(comparison);
    if (options.pace.isDue) await options.pace.rest();
    if (options.builder.refusal !== undefined) return;
  }
  await window.flush();
}

/** Comparisons in order, from the first one on that has to be read. */
class Window {
  readonly #options: CollectOptions;
  readonly #linked: Linked[];
  #items: Comparison[] = [];
  #bytes = 0;

  constructor(options: CollectOptions, linked: Linked[]) {
    this.#options = options;
    this.#linked = linked;
  }

  async add(comparison: Comparison): Promise<void> {
    const read = comparison.kind === 'doubtful' && comparison.item.type === 'file';
    if (!read && this.#items.length === 0) {
      await decide(comparison, undefined, this.#options, this.#linked);
      return;
    }
    this.#items.push(comparison);
    if (read) this.#bytes += comparison.item.stats.size;
    if (this.#items.length >= WINDOW_ITEMS || this.#bytes >= WINDOW_BYTES) await this.flush();
  }

  async flush(): Promise<void> {
    const items = this.#items;
    this.#items = [];
    const files = items.filter(({ kind }) => kind === 'doubtful').map(pathOf);
    const contents = await readAll(files, this.#bytes, this.#options.pool);
    this.#bytes = 0;
    for (const item of items) await decide(item, contents.get(pathOf(item)), this.#options, this.#linked);
  }
}

async function readAll(paths: readonly string[], bytes: number, pool: PackPool): Promise<Map<string, ReadResult>> {
  if (bytes > THREAD_BYTES || paths.length > THREAD_FILES) pool.useThreads();
  const batches: (readonly string[])[] = [];
  for (let at = 0; at < paths.length; at += BATCH_FILES) batches.push(paths.slice(at, at + BATCH_FILES));
  const results = await Promise.all(batches.map((batch, n) => pool.digest(n % pool.slots, batch)));
  return new Map(results.flat().map((result, n) => [paths[n] ?? '', result]));
}

async function decide(
  comparison: Comparison,
  content: ReadResult | undefined,
  options: CollectOptions,
  linked: Linked[],
): Promise<void> {
  const { builder } = options;
  switch (comparison.kind) {
    case 'kept': {
      const { item, size } = packItem(comparison.item);
      await builder.pack(item, size);
      return;
    }
    case 'linked':
      linked.push(comparison);
      return;
    case 'gone':
      if (!comparison.below) await builder.remove(comparison.path);
      return;
    case 'new': {
      const { item, size } = packItem(comparison.item);
      if (item.kind === 'directory') await builder.packDirectory(item);
      else await builder.pack(item, size);
      return;
    }
    case 'doubtful':
      await decideDoubtful(comparison, content, options);
  }
}

async function decideDoubtful(
  { item, known }: Doubtful,
  content: ReadResult | undefined,
  { root, builder, sameWorkspace, moving }: CollectOptions,
): Promise<void> {
  const seen = look(root, item, known, content);
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

function look(root: SourceRoot, item: WalkItem, known: KnownEntry, content: ReadResult | undefined): Look | undefined {
  if (item.type === 'file') {
    if (content?.found !== true || known.type !== 'file') return undefined;
    const { attributes, state, digest, size } = content;
    return { attributes, state, sameContent: digest === known.digest && size === known.size };
  }
  const stats = statSource(root, item.path);
  if (stats === undefined) return undefined;
  const sameContent = known.type !== 'symlink' || readTarget(root, item.path) === known.target;
  return { attributes: stats.attributes, state: stats.state, sameContent };
}

/** Files with several names: those whose other names are elsewhere are like others; groups stay or go as one. */
async function decideLinked(linked: readonly Linked[], options: CollectOptions): Promise<void> {
  const { root, builder, pace } = options;
  const { alone, groups } = await pace.run(groupByInode(root.dir, linked));
  const touched: { readonly entry: TreeEntry; readonly state: FileState }[] = [];
  const rewritten: { readonly item: WalkItem; readonly target: string | undefined }[] = [];
  for (const group of groups) {
    const [first] = group;
    if (first === undefined) continue;
    if (pace.isDue) await pace.rest();
    const state = await keptState(group, options);
    if (state === undefined) {
      group.forEach(({ item }, n) => rewritten.push({ item, target: n === 0 ? undefined : first.item.path }));
    } else if (state !== 'recorded') {
      for (const { known } of group) if (known !== undefined) touched.push({ entry: known, state });
    }
  }
  for (const { entry, state } of touched.toSorted((a, b) => comparePaths(a.entry.path, b.entry.path))) {
    builder.touch(entry, state);
  }
  await builder.endPhase();
  await decideAll(singles(alone), options, []);
  await builder.endPhase();
  rewritten.sort((a, b) => comparePaths(a.item.path, b.item.path));
  await builder.packTogether(
    rewritten.map(({ item, target }) =>
      target === undefined ? packItem(item) : { item: { kind: 'hardlink', path: item.path, target }, size: 0 },
    ),
  );
}

function* singles(linked: readonly Linked[]): IterableIterator<Comparison> {
  for (const one of linked.toSorted((a, b) => comparePaths(a.item.path, b.item.path))) yield asSingle(one);
}

function asSingle({ item, known, kept }: Linked): Comparison {
  if (kept && known?.type === 'file') return { kind: 'kept', item, known };
  if (known?.type === 'file' && known.size === item.stats.size) return { kind: 'doubtful', item, known };
  return { kind: 'new', item };
}

/** The state of the file when these are the same names of the same content as before; nothing when they are not. */
async function keptState(
  group: readonly Linked[],
  { pool, sameWorkspace, moving }: CollectOptions,
): Promise<FileState | 'recorded' | undefined> {
  const [first] = group;
  if (first?.known?.type !== 'file') return undefined;
  const file = first.known;
  const sameNames = group.every(
    ({ known }, n) =>
      n === 0 || (known?.type === 'hardlink' && known.target === file.path && known.layer === file.layer),
  );
  if (!sameNames || file.size !== first.item.stats.size || moving.has(file.layer)) return undefined;
  if (group.every(({ kept }) => kept)) return 'recorded';
  const [content] = await pool.digest(0, [file.path]);
  if (content?.found !== true) return undefined;
  const sameContent = content.digest === file.digest && content.size === file.size;
  const judgement = classifyChange(file, { attributes: content.attributes, sameContent, sameWorkspace });
  return judgement === 'same' ? content.state : undefined;
}

function pathOf(comparison: Comparison): string {
  return comparison.kind === 'gone' ? comparison.path : comparison.item.path;
}

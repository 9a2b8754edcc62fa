/** What an upload does once it has its tools: compare, pack what differs, push, note what was seen. */
import type { Compression } from '../../archive/format.ts';
import type { Sums } from '../../archive/index/live-sums.ts';
import type { PackPool } from '../../archive/pack/pack-pool.ts';
import { printable, toByteString } from '../../archive/paths/path.ts';
import { StatCacheWriter } from '../../archive/stat-cache/stat-cache-writer.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import { walk } from '../../archive/files/walk.ts';
import type { WalkItem, WalkStats } from '../../archive/files/walk.ts';
import { shareBlobs } from './base/base-entry.ts';
import type { BaseEntry } from './base/base-entry.ts';
import { LayerBuilder } from './layers/layer-builder.ts';
import type { Changes, Foundation } from './layers/layer-builder.ts';
import { collectChanges } from './compare/collect-changes.ts';
import { compareStatCache } from './compare/compare-stat-cache.ts';
import { compareTree } from './compare/compare-tree.ts';
import type { Comparison } from './compare/compare-tree.ts';
import { planCompaction } from './base/compaction.ts';
import { LimitCounter } from '../manifest/entry-limits.ts';
import type { EntryUpload, UploadOutcome } from '../entry.ts';
import type { PreviousTree } from './compare/previous-tree.ts';
import { lostLayers } from './base/lost-layers.ts';
import { pathsEver } from './layers/hidden-paths.ts';
import { KeptIndices } from '../manifest/kept-indices.ts';
import { readIndices } from '../manifest/live-tree.ts';
import { firstIndex, newIndex } from './push/new-index.ts';
import type { NewIndex } from './push/new-index.ts';
import { indexKind, pushEntry } from './push/push-entry.ts';
import { CompactFirst, StartAnew } from './base/start-anew.ts';
import { tagEntry } from './push/tag-entry.ts';

export interface UploadContext {
  readonly request: EntryUpload;
  readonly selection: Selection;
  readonly compression: Compression;
  readonly pool: PackPool;
  /** The entry that the target is now. */
  readonly current: BaseEntry | undefined;
  readonly known: PreviousTree | undefined;
  readonly moving: ReadonlySet<number>;
}

/** One way from the workspace to the tag. What it throws says whether another one is worth trying, and which. */
export class UploadAttempt {
  readonly #context: UploadContext;
  readonly #counts = { special: 0 };
  #files = 0;
  #statCache: StatCacheWriter | undefined;

  constructor(context: UploadContext) {
    this.#context = context;
  }

  async run(): Promise<UploadOutcome> {
    const { known, moving } = this.#context;
    try {
      // Before the first state is taken; with a stat cache, when something differs from it.
      if (known?.statCache === undefined) this.#openStatCache();
      const changes = await this.#collect();
      const same = known !== undefined && changes.runs.length === 0;
      return same ? await this.#same(known, changes) : await this.#push(changes);
    } catch (error) {
      const lost = moving.size === 0 ? lostLayers(error, known?.base) : undefined;
      throw lost === undefined ? error : new CompactFirst(lost);
    } finally {
      this.#statCache?.discard();
    }
  }

  async #collect(): Promise<Changes> {
    const { request, pool, known, compression, moving } = this.#context;
    const { dir, store, signal, limits = {} } = request;
    const root = toByteString(dir);
    const sink = new LayerBuilder({
      store,
      pool,
      settings: { root, compression },
      maxBlobBytes: limits.maxBlobBytes ?? Infinity,
      beforeChange: () => this.#foundation(),
      onProgress: (bytes) => request.progress?.({ bytes, files: this.#files }),
      signal,
    });
    try {
      const sameWorkspace = known?.statCache !== undefined;
      await collectChanges(this.#compare(), { root, pool, sink, sameWorkspace, moving });
      return await sink.finish();
    } catch (error) {
      await sink.abandon(error);
      throw error;
    }
  }

  *#compare(): IterableIterator<Comparison> {
    const { request, selection, known, moving } = this.#context;
    const { dir, signal, limits = {} } = request;
    const counter = new LimitCounter(limits);
    const onItem = (path: string, type: WalkItem['type'], stats: WalkStats): void => {
      counter.add(path, type, stats);
      if (++this.#files % 4096 === 0) signal?.throwIfAborted();
    };
    const counts = this.#counts;
    const comparisons =
      known?.statCache === undefined
        ? compareTree(watched(walk(dir, selection, counts), onItem), known?.entries() ?? [].values(), 0)
        : compareStatCache({ dir, selection, statCache: known.statCache, moving, counts, onItem });
    for (const comparison of comparisons) {
      if (
        (comparison.kind !== 'kept' || moving.has(comparison.known.layer)) &&
        !(comparison.kind === 'linked' && comparison.kept)
      )
        this.#openStatCache();
      yield comparison;
    }
  }

  /** @throws StartAnew when the known entry is not to build upon, CompactFirst when not on all of it */
  async #foundation(): Promise<Foundation> {
    const { request, known, moving } = this.#context;
    if (known === undefined) return { firstLayer: 0, hasBase: false };
    const { base } = known;
    const compaction = moving.size > 0 ? 'nothing' : planCompaction(base.manifest);
    if (compaction === 'everything') throw new StartAnew();
    if (compaction !== 'nothing') throw new CompactFirst(compaction);
    const { content, index, deltas } = base.manifest;
    const { maxBlobBytes = Infinity } = request.limits ?? {};
    // It was made under a higher limit.
    if (content.some(({ descriptor }) => descriptor.size > maxBlobBytes)) throw new StartAnew();
    await shareBlobs(
      base,
      [...content.map(({ descriptor }) => descriptor), index, ...deltas],
      request.store,
      request.signal,
    );
    return {
      firstLayer: 1 + content.reduce((most, { id }) => Math.max(most, id), -1),
      hasBase: true,
      pathsEver:
        deltas.length === 0
          ? undefined
          : async () => pathsEver((await readIndices(base.store, base.manifest, request)).indices),
    };
  }

  async #push(changes: Changes): Promise<UploadOutcome> {
    const { request, compression, known } = this.#context;
    const { store, reference, aliases, annotations = {}, limits = {}, signal } = request;
    const index = this.#index(changes);
    const { bytesSent } = changes;
    const notes = this.#notes(changes);
    if (index.files === 0 && request.evenEmpty !== true) {
      return { uploaded: false, reason: 'empty', digest: '', size: 0, bytesSent, notes };
    }
    const { indices, newIndices, ...pushed } = await pushEntry({
      store,
      references: [reference, ...aliases],
      compression,
      annotations,
      base: known?.base,
      layers: changes.layers,
      index,
      limits,
      signal,
    });
    if (this.#statCache !== undefined) new KeptIndices(request.dir, this.#context.selection).keep(indices, newIndices);
    this.#commitStatCache(pushed.digest, index, changes);
    return {
      ...pushed,
      uploaded: true,
      reason: 'pushed',
      size: index.size,
      bytesSent: bytesSent + pushed.bytesSent,
      notes,
    };
  }

  /** The workspace holds what is known already: at most tags have to be set. */
  async #same(known: PreviousTree, changes: Changes): Promise<UploadOutcome> {
    const { request, current } = this.#context;
    const { store, reference, aliases, force, signal } = request;
    const { base } = known;
    const wanted = { ...base.manifest, annotations: request.annotations ?? {} };
    const sameAnnotations = sorted(wanted.annotations) === sorted(base.manifest.annotations);
    const isThere = sameAnnotations && !force && current?.descriptor.digest === base.descriptor.digest;
    const references = isThere ? [] : [reference];
    for (const alias of aliases) {
      const there = isThere && (await store.headManifest(alias, signal))?.digest === base.descriptor.digest;
      if (!there) references.push(alias);
    }
    const { content, index, deltas, config, size } = base.manifest;
    let { digest } = base.descriptor;
    let bytesSent = 0;
    if (references.length > 0) {
      const blobs = [...content.map(({ descriptor }) => descriptor), index, ...deltas, config];
      await shareBlobs(base, blobs, store, signal);
      ({ digest, bytesSent } = await tagEntry({ store, references, manifest: wanted, signal }));
    }
    if (this.#statCache !== undefined || digest !== base.descriptor.digest) {
      this.#openStatCache();
      this.#commitStatCache(digest, this.#index(changes), changes);
    }
    const reason = isThere ? 'unchanged' : 'pushed';
    return { uploaded: !isThere, reason, digest, size, bytesSent, notes: this.#notes(changes) };
  }

  /** Fills the stat cache on its way. */
  #index(changes: Changes): NewIndex {
    const { known } = this.#context;
    const first = known === undefined ? firstIndex(changes, this.#statCache) : undefined;
    if (first !== undefined) return first;
    return newIndex({ kind: indexKind(known?.base), changes, before: known?.statCache, statCache: this.#statCache });
  }

  #openStatCache(): void {
    const { request, selection } = this.#context;
    if (request.readOnly !== true) this.#statCache ??= StatCacheWriter.open(request.dir, selection);
  }

  #commitStatCache(digest: string, sums: Sums, { leftOut }: Changes): void {
    const allNames = leftOut.length === 0 && this.#counts.special === 0;
    this.#statCache?.commit({ digest, sums, takenAt: this.#statCache.openedAt, allNames });
    this.#statCache = undefined;
  }

  #notes({ leftOut, described }: Changes): string[] {
    const { special } = this.#counts;
    const notes: string[] = [];
    if (special > 0) notes.push(`${special} sockets, devices or pipes were left out.`);
    if (leftOut.length > 0) {
      const names = leftOut.slice(0, 3).map(printable).join(', ');
      notes.push(`${leftOut.length} files changed each time that they were read, and were left out: ${names}.`);
    }
    if (described > 0) {
      notes.push(`${described} files have a new mode or time in the index alone: other tools see the old ones.`);
    }
    return notes;
  }
}

function* watched(
  items: Iterable<WalkItem>,
  onItem: (path: string, type: WalkItem['type'], stats: WalkStats) => void,
): IterableIterator<WalkItem> {
  for (const item of items) {
    onItem(item.path, item.type, item.stats);
    yield item;
  }
}

function sorted(annotations: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(annotations).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

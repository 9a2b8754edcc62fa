/**
 * One way from the workspace to the tag: compare, pack what differs, push, note what was seen. It returns the outcome, or what another
 * attempt is to do.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Compression } from '../../archive/format.ts';
import type { Sums } from '../../archive/index/live-sums.ts';
import type { Pace } from '../../pace.ts';
import type { PackPool } from '../../archive/pack/pack-pool.ts';
import type { PackSettings } from '../../archive/pack/pack-task.ts';
import { Source } from '../../archive/pack/source.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import type { WalkItem, WalkStats } from '../../archive/files/walk/walk.ts';
import type { EntryLimits, EntryUpload, UploadOutcome } from '../entry.ts';
import type { BrokenBlobs } from '../manifest/broken-blobs.ts';
import { LimitCounter } from '../manifest/entry-limits.ts';
import { KeptIndices } from '../manifest/kept-indices.ts';
import { afterFailure } from './base/after-failure.ts';
import type { BaseEntry } from './base/base-entry.ts';
import { prepareFoundation } from './base/foundation.ts';
import type { Again } from './base/premise.ts';
import { collectChanges } from './compare/collect-changes.ts';
import type { Comparison } from './compare/compare-tree.ts';
import { compareWorkspace, changesStatCache } from './compare/compare-workspace.ts';
import type { PreviousTree } from './compare/previous-tree.ts';
import { LayerBuilder } from './layers/layer-builder.ts';
import type { Changes } from './layers/changes.ts';
import { NextStatCache } from './next-stat-cache.ts';
import { firstIndex, newIndex } from './push/new-index.ts';
import type { NewIndex } from './push/new-index.ts';
import { indexKind, pushEntry } from './push/push-entry.ts';
import { retagEntry } from './push/retag-entry.ts';
import { changingFiles, notesOf } from './upload-notes.ts';

export interface UploadContext {
  readonly request: EntryUpload;
  readonly limits: EntryLimits;
  readonly selection: Selection;
  readonly compression: Compression;
  readonly settings: PackSettings;
  readonly pool: PackPool;
  /** The entry that the target is now. */
  readonly current: BaseEntry | undefined;
  readonly known: PreviousTree | undefined;
  /** Layers whose content is packed again although it is as it was. */
  readonly moving: ReadonlySet<number>;
  readonly broken: BrokenBlobs;
  /** Ends long work when the time is over, or the lock is lost. */
  readonly pace: Pace;
  /** Throws when another process took over the directory. */
  readonly checkLock: () => void;
}

export type AttemptEnd = { readonly kind: 'done'; readonly outcome: UploadOutcome } | Again;

export class UploadAttempt {
  readonly #context: UploadContext;
  readonly #counts = { special: 0 };
  #files = 0;
  /** A file or a link is there: directories alone are no content. */
  #hasContent = false;
  readonly #statCache: NextStatCache;

  constructor(context: UploadContext) {
    this.#context = context;
    this.#statCache = new NextStatCache(context.request, context.selection);
  }

  async run(): Promise<AttemptEnd> {
    const { request, known, broken } = this.#context;
    try {
      // Before the first state is taken; with a stat cache, when something differs from it.
      if (known?.statCache === undefined) this.#statCache.open();
      const changes = await this.#collect();
      if ('kind' in changes) return changes;
      if (!this.#hasContent && request.evenEmpty !== true) return this.#empty(changes);
      const isSame = known !== undefined && changes.changed.length === 0;
      return isSame ? await this.#retag(known, changes) : await this.#push(changes);
    } catch (error) {
      const { store, signal } = request;
      const again = await afterFailure(error, { store, base: known?.base, broken, signal });
      if (again === undefined) throw error;
      return again;
    } finally {
      this.#statCache.discard();
    }
  }

  async #collect(): Promise<Changes | Again> {
    const { request, limits, pool, known, settings, moving, pace } = this.#context;
    const { store, signal } = request;
    const builder = new LayerBuilder({
      store,
      pool,
      settings,
      maxBlobBytes: limits.maxBlobBytes,
      pace,
      beforeChange: () => prepareFoundation({ request, base: known?.base, moving, maxBlobBytes: limits.maxBlobBytes }),
      onProgress: (bytes) => request.progress?.({ bytes, files: this.#files }),
      signal,
    });
    const source = new Source(settings.root);
    try {
      const sameWorkspace = known?.statCache !== undefined;
      const root = settings.root.dir;
      await collectChanges(this.#compare(), { root, source, pool, builder, sameWorkspace, moving, pace });
      if (builder.refusal !== undefined) return builder.refusal;
      const changes = await builder.finish();
      // What is left needs no thread. Their memory would stand beside that of the index.
      await pool.close();
      if (request.leaveOutChanging !== true) refuseChanging(changes);
      return changes;
    } catch (error) {
      await builder.abandon(error);
      throw error;
    } finally {
      source.close();
    }
  }

  *#compare(): IterableIterator<Comparison | undefined> {
    const { request, limits, selection, known, moving } = this.#context;
    const counter = new LimitCounter(limits);
    const onItem = (path: string, type: WalkItem['type'], stats: WalkStats): void => {
      counter.add(path, type, stats);
      this.#files += 1;
      if (type !== 'directory') this.#hasContent = true;
    };
    const workspace = { dir: request.dir, selection, known, moving, counts: this.#counts, onItem };
    for (const comparison of compareWorkspace(workspace)) {
      if (comparison !== undefined && changesStatCache(comparison, moving)) this.#statCache.open();
      yield comparison;
    }
  }

  async #push(changes: Changes): Promise<AttemptEnd> {
    const { request, limits, selection, settings, compression, known, pace } = this.#context;
    const { store, dir, reference, aliases, annotations = {}, signal } = request;
    const index = await this.#index(changes);
    const { layers, bytesSent } = changes;
    const notes = notesOf(changes, this.#counts.special);
    // All that the walk found has vanished since.
    if (index.files === 0 && request.evenEmpty !== true) return this.#empty(changes);
    const { variant } = settings;
    const base = known?.base;
    this.#context.checkLock();
    const entry = { compression, annotations, base, layers, index, variant };
    const pushed = await pushEntry({ store, reference, aliases, ...entry, limits, pace, signal });
    if (pushed.kind !== 'pushed') return pushed;
    if (this.#statCache.writer !== undefined) new KeptIndices(dir, selection).keep(pushed.indices, pushed.newIndices);
    this.#commitStatCache(pushed.digest, index, changes);
    const { digest, unmoved } = pushed;
    const sent = bytesSent + pushed.bytesSent;
    return {
      kind: 'done',
      outcome: { uploaded: true, reason: 'pushed', digest, size: index.size, bytesSent: sent, notes, unmoved },
    };
  }

  /** An entry with nothing in it would be an exact hit for a build that needs what is not there. */
  #empty(changes: Changes): AttemptEnd {
    const notes = notesOf(changes, this.#counts.special);
    if (this.#files > 0) notes.push('There is no file and no link, only directories.');
    const { bytesSent } = changes;
    return { kind: 'done', outcome: { uploaded: false, reason: 'empty', digest: '', size: 0, bytesSent, notes } };
  }

  async #retag({ base }: PreviousTree, changes: Changes): Promise<AttemptEnd> {
    const { request, current } = this.#context;
    const { store, reference, aliases, annotations = {}, signal } = request;
    this.#context.checkLock();
    const retagged = await retagEntry({ store, reference, aliases, annotations, base, current, signal });
    if (retagged.kind !== 'retagged') return retagged;
    const { digest, bytesSent, wasThere, unmoved } = retagged;
    if (this.#statCache.writer !== undefined || digest !== base.descriptor.digest) {
      await this.#noteRetagged(digest, changes);
    }
    const { size } = base.manifest;
    const notes = notesOf(changes, this.#counts.special);
    const reason = wasThere ? 'unchanged' : 'pushed';
    return { kind: 'done', outcome: { uploaded: !wasThere, reason, digest, size, bytesSent, notes, unmoved } };
  }

  /** The tag is set by now, so the end of the time costs only the stat cache. */
  async #noteRetagged(digest: string, changes: Changes): Promise<void> {
    const { signal } = this.#context.request;
    this.#statCache.open();
    try {
      this.#commitStatCache(digest, await this.#index(changes), changes);
    } catch (error) {
      if (signal?.aborted !== true || error !== signal.reason) throw error;
    }
  }

  /** Fills the stat cache on its way. */
  async #index(changes: Changes): Promise<NewIndex> {
    const { known, pace } = this.#context;
    const parts = { changes, statCache: this.#statCache.writer, pace };
    const first = known === undefined ? await firstIndex(parts) : undefined;
    if (first !== undefined) return first;
    return await newIndex({ ...parts, kind: indexKind(known?.base), before: known?.statCache });
  }

  #commitStatCache(digest: string, sums: Sums, { leftOut }: Changes): void {
    const allNames = leftOut.length === 0 && this.#counts.special === 0;
    this.#context.checkLock();
    this.#statCache.commit({ digest, sums, allNames });
  }
}

/**
 * A file that changes all the time cannot be part of an entry, and an entry without it is not whole.
 *
 * @throws CacheError `Unreadable`
 */
function refuseChanging({ leftOut }: Changes): void {
  if (leftOut.length === 0) return;
  throw new CacheError(
    ERROR_CODES.Unreadable,
    `${changingFiles(leftOut)}. Upload when nothing writes to the cache, name such files in \`exclude\`, or say \`on-change: leave-out\`.`,
  );
}

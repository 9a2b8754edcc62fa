/** Restores what a workspace lacks of an entry: index first, then just the frames that are missing (docs/format.md, section 5). */
import { commit } from '../../archive/commit/commit.ts';
import { FRAME_BYTES } from '../../archive/format.ts';
import { finishStaging } from '../../archive/restore/finish-staging.ts';
import { FramePool } from '../../archive/unpack/frame-pool.ts';
import { LargeFiles, WrongLargeFile } from '../../archive/unpack/large-files.ts';
import { MissingFiles } from '../../archive/unpack/missing-files.ts';
import { PrepareFromIndex } from '../../archive/restore/prepare-from-index.ts';
import type { StatCache } from '../../archive/stat-cache/stat-cache.ts';
import type { RestorePlan } from '../../archive/restore/restore-plan.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import { Staging } from '../../archive/commit/staging.ts';
import type { FetchWork, Restored } from './fetch-work.ts';
import { KeptIndices } from '../manifest/kept-indices.ts';
import { readLiveTree } from '../manifest/live-tree.ts';
import type { EntryManifest } from '../manifest/manifest.ts';
import { layerSources, makePlan, planFrames, rootStats } from './planned-tree.ts';
import { restoreFrames } from './restore-frames.ts';
import { RestoredStates } from './restored-states.ts';

export type Changes = Pick<Restored, 'bytesReceived' | 'unchanged' | 'notes'>;

export interface MissingTree {
  readonly work: FetchWork;
  readonly manifest: EntryManifest;
  readonly selection: Selection;
  /** What the workspace held before, where that is known. */
  readonly statCache: StatCache | undefined;
}

/**
 * Makes the directory what the entry is. A large file that turns out wrong is restored once more, with each frame verified: that tells which blob is damaged,
 * or that none is.
 */
export async function restoreMissing(missing: MissingTree): Promise<Changes> {
  try {
    return await restoreFrom({ ...missing, everyFrame: false });
  } catch (error) {
    if (!(error instanceof WrongLargeFile)) throw error;
    return restoreFrom({ ...missing, everyFrame: true });
  }
}

/** Plans what differs, restores that, commits. */
async function restoreFrom({
  work,
  manifest,
  selection,
  statCache,
  everyFrame,
}: MissingTree & { readonly everyFrame: boolean }): Promise<Changes> {
  const { request, workspace } = work;
  const pool = new FramePool();
  // Without a stat cache most is missing, as a rule.
  if (statCache === undefined) pool.expect(expectedFrames(manifest));
  let staging: Staging | undefined;
  try {
    const kept = new KeptIndices(request.dir, selection);
    const tree = await readLiveTree(request.store, manifest, { signal: request.signal, kept });
    staging = Staging.create(workspace.state, workspace.holder);
    const missing = new MissingFiles(tree.layers, request.hasFreed);
    const large = new LargeFiles(staging.tree, (task, done) => pool.sum(task, done));
    const preparation = new PrepareFromIndex(staging, missing);
    const states = new RestoredStates(preparation, rootStats(work).dev);
    const plan = makePlan(work, { staging, selection, statCache, preparation, states });
    const received = await restoreFrames(work, {
      groups: planFrames(work, { manifest, tree, plan, missing, preparation, states }),
      layers: layerSources(manifest, tree),
      compression: manifest.compression,
      everyFrame,
      tree: staging.tree,
      pool,
      large,
      states,
      bytesReceived: tree.bytesReceived,
    });
    const ended = pool.close();
    for (const entry of missing.large) large.finish(entry);
    await finishStaging(staging, work.pace);
    await ended;
    request.signal?.throwIfAborted();
    workspace.checkLock();
    const unchanged = staging.operations === 0;
    const ofJournal = unchanged ? [] : await commit(staging, () => workspace.checkLock());
    await states.keep(work, tree, selection);
    kept.keep(
      [manifest.index, ...manifest.deltas].map(({ digest }) => digest),
      tree.blobs,
    );
    const notes = [...notesOf(plan), ...ofJournal, ...(await staging.discard())];
    return { bytesReceived: received, unchanged, notes };
  } finally {
    await pool.close();
    await staging?.discard();
  }
}

function expectedFrames({ content }: EntryManifest): number {
  return content.reduce((sum, { tarSize }) => sum + tarSize, 0) / FRAME_BYTES;
}

function notesOf(plan: RestorePlan): string[] {
  const notes: string[] = [];
  if (plan.unsettable > 0) {
    notes.push(`Mode and time of ${plan.unsettable} paths belong to another user and stay as they are.`);
  }
  if (plan.leftOut > 0) notes.push(`${plan.leftOut} paths of the entry are outside of the chosen paths, or excluded.`);
  return notes;
}

/** Restores an entry of our own format: index first, then just the frames that are missing (docs/format.md, section 5). */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { commit } from '../../archive/commit/commit.ts';
import { ContentCheck } from '../../archive/stat-cache/content-check.ts';
import { errnoOf } from '../../archive/files/errno.ts';
import { holdsExcluded } from '../../archive/files/excluded.ts';
import type { FileState } from '../../archive/files/file-state.ts';
import { FRAME_BYTES } from '../../archive/format.ts';
import { finishStaging } from '../../archive/restore/finish-staging.ts';
import type { FrameGroup } from '../../archive/unpack/frame-grouper.ts';
import { FramePool } from '../../archive/unpack/frame-pool.ts';
import { LargeFiles, WrongLargeFile } from '../../archive/unpack/large-files.ts';
import { LiveSums } from '../../archive/index/live-sums.ts';
import { MissingFiles } from '../../archive/unpack/missing-files.ts';
import { fsPath } from '../../archive/paths/path.ts';
import { PrepareFromIndex } from '../../archive/restore/prepare-from-index.ts';
import { openStatCache, type StatCache } from '../../archive/stat-cache/stat-cache.ts';
import { RestorePlan } from '../../archive/restore/restore-plan.ts';
import { selectionOf, type Selection } from '../../archive/paths/selection.ts';
import { Staging } from '../../archive/commit/staging.ts';
import { StateTable } from '../../archive/files/state-table.ts';
import type { TreeEntry } from '../../archive/entries/tree-entry.ts';
import { walk } from '../../archive/files/walk.ts';
import {
  copyStatCache,
  equalsStatCache,
  OpenStates,
  writeStatCache,
} from '../../archive/stat-cache/restored-stat-cache.ts';
import { paceOf, type FetchWork, type Restored } from './fetch-work.ts';
import type { LayerSource } from './frame-downloads.ts';
import { KeptIndices } from '../manifest/kept-indices.ts';
import { excessOf, imageTooLarge } from '../manifest/entry-limits.ts';
import { readLiveTree, type StoredTree } from '../manifest/live-tree.ts';
import type { EntryManifest } from '../manifest/manifest.ts';
import { restoreFrames } from './restore-frames.ts';

export async function restoreEntry(work: FetchWork, manifest: EntryManifest): Promise<Restored> {
  const { request } = work;
  const excess = excessOf(work.limits, manifest);
  if (excess !== undefined) imageTooLarge(excess);
  const selection = selectionOf(request.paths, request.exclude);
  const statCache = openStatCache(request.dir, selection);
  try {
    const outcome = { size: manifest.size, files: manifest.files, annotations: manifest.annotations };
    if (
      statCache?.digest === work.manifest.descriptor.digest &&
      (await equalsStatCache(statCache, request, selection, paceOf(work)))
    ) {
      return { ...outcome, bytesReceived: 0, unchanged: true, notes: [] };
    }
    return { ...outcome, ...(await restoreOnce({ work, manifest, selection, statCache })) };
  } finally {
    statCache?.close();
  }
}

type Changes = Pick<Restored, 'bytesReceived' | 'unchanged' | 'notes'>;

interface MissingTree {
  readonly work: FetchWork;
  readonly manifest: EntryManifest;
  readonly selection: Selection;
  /** What the workspace held before, where that is known. */
  readonly statCache: StatCache | undefined;
}

/** A large file that turns out wrong is restored once more, with each frame verified: that tells which blob is damaged, or that none is. */
async function restoreOnce(missing: MissingTree): Promise<Changes> {
  try {
    return await restoreMissing(missing, false);
  } catch (error) {
    if (!(error instanceof WrongLargeFile)) throw error;
    return restoreMissing(missing, true);
  }
}

/** Makes the directory what the entry is: plans what differs, restores that, commits. */
async function restoreMissing(
  { work, manifest, selection, statCache }: MissingTree,
  everyFrame: boolean,
): Promise<Changes> {
  const { request, workspace } = work;
  const pool = new FramePool();
  // Without a stat cache most is missing, as a rule.
  if (statCache === undefined) pool.expect(expectedFrames(manifest));
  let staging: Staging | undefined;
  try {
    const kept = new KeptIndices(request.dir, selection);
    const tree = await readLiveTree(request.store, manifest, { signal: request.signal, kept });
    staging = Staging.create(workspace.state, workspace.holder);
    const missing = new MissingFiles(tree.layers);
    const large = new LargeFiles(staging.tree, (task, done) => pool.sum(task, done));
    const preparation = new PrepareFromIndex(staging, missing);
    const open = new OpenStates();
    const states = new StateTable(rootStats(work).dev);
    const sums = new LiveSums();
    const plan = makePlan(work, { staging, selection, statCache, preparation, states });
    const received = await restoreFrames(work, {
      groups: planFrames(work, { manifest, tree, plan, missing, preparation, open, states, sums }),
      layers: sources(manifest, tree),
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
    await finishStaging(staging, paceOf(work));
    await ended;
    request.signal?.throwIfAborted();
    workspace.checkLock();
    const unchanged = staging.operations === 0;
    if (!unchanged) await commit(staging, () => workspace.checkLock());
    if (plan.leftOut === 0) {
      await takeStatCache(work, { tree, selection, preparation, open, states, sums });
      kept.keep(
        [manifest.index, ...manifest.deltas].map(({ digest }) => digest),
        tree.blobs,
      );
    }
    return { bytesReceived: received, unchanged, notes: notesOf(plan) };
  } finally {
    await pool.close();
    await staging?.discard();
  }
}

interface StatCacheParts {
  readonly tree: StoredTree;
  readonly selection: Selection;
  readonly preparation: PrepareFromIndex;
  readonly open: OpenStates;
  readonly states: StateTable;
  readonly sums: LiveSums;
}

/** The files are there by now: what the file system refuses, and the end of the time, cost the stat cache, and nothing else. */
async function takeStatCache(work: FetchWork, parts: StatCacheParts): Promise<void> {
  const { signal } = work.request;
  try {
    await writeRestoredStates(work, parts);
  } catch (error) {
    if (errnoOf(error) === undefined && !(signal?.aborted === true && error === signal.reason)) throw error;
  }
}

async function writeRestoredStates(work: FetchWork, parts: StatCacheParts): Promise<void> {
  const { request, workspace, manifest } = work;
  const { tree, selection, preparation, open, states, sums } = parts;
  const checkLock = (): void => workspace.checkLock();
  const pace = paceOf(work);
  const restored = { dir: request.dir, selection, digest: manifest.descriptor.digest, sums, checkLock, pace };
  if (open.isComplete && !preparation.hasHardLinks) {
    const isMoved = (number: number): boolean => preparation.isMoved(number);
    await open.resolve(workspace.state.root, states, { isMoved, pace });
    await copyStatCache(restored, tree.blocks(), states);
    return;
  }
  const known = (number: number, entry: TreeEntry): FileState | undefined =>
    preparation.changesLater(number, entry) ? undefined : states.get(number);
  await writeStatCache({ ...restored, entries: tree.entries(), known });
}

function expectedFrames({ content }: EntryManifest): number {
  return content.reduce((sum, { tarSize }) => sum + tarSize, 0) / FRAME_BYTES;
}

function rootStats({ workspace }: FetchWork): fs.Stats {
  return fs.statSync(fsPath(workspace.state.root));
}

interface PlanParts {
  readonly staging: Staging;
  readonly selection: Selection;
  readonly statCache: StatCache | undefined;
  readonly preparation: PrepareFromIndex;
  readonly states: StateTable;
}

function makePlan(work: FetchWork, { staging, selection, statCache, preparation, states }: PlanParts): RestorePlan {
  const { request, workspace } = work;
  const content = new ContentCheck(workspace.state.root, statCache);
  return new RestorePlan({
    staging,
    selection,
    root: rootStats(work),
    found: walk(request.dir, selection, { special: 0 }),
    holdsExcluded: selection.hasExceptions ? (path) => holdsExcluded(workspace.state.root, path, selection) : undefined,
    hasContent: (found, entry) => content.isSame(found, entry),
    preparation,
    untouched: (number, { stats }) => states.setOne(number, stats),
    clean: request.clean,
  });
}

interface PlannedTree {
  readonly manifest: EntryManifest;
  readonly tree: StoredTree;
  readonly plan: RestorePlan;
  readonly missing: MissingFiles;
  readonly preparation: PrepareFromIndex;
  readonly open: OpenStates;
  readonly states: StateTable;
  readonly sums: LiveSums;
}

/**
 * Plans entry by entry; gives each frame once all is known that it is needed for, and the directories of that are staged. It gives nothing
 * wherever it may rest.
 */
function* planFrames({ limits }: FetchWork, parts: PlannedTree): IterableIterator<FrameGroup | undefined> {
  const { manifest, tree, plan, missing, preparation, open, states, sums } = parts;
  for (const entry of tree.entries()) {
    const number = sums.files;
    sums.add(entry);
    if (sums.files > limits.maxFiles || sums.size > limits.maxBytes)
      imageTooLarge(`it has more than ${limits.maxFiles} files or ${limits.maxBytes} bytes`);
    yield* plan.add(number, entry);
    if (!preparation.isFinal(number) && !states.has(number)) open.add(number, entry.path);
    yield* missing.take();
    yield undefined;
  }
  yield* plan.finish();
  preparation.finish();
  missing.finish();
  if (sums.files !== manifest.files || sums.size !== manifest.size) {
    throw new CacheError(ERROR_CODES.InvalidImage, 'The image is invalid: its annotations disagree with its index.');
  }
  yield* missing.take();
}

function sources(manifest: EntryManifest, tree: StoredTree): Map<number, LayerSource> {
  const layers = new Map<number, LayerSource>();
  for (const { id, descriptor } of manifest.content) {
    const frames = tree.layers.get(id)?.frames ?? [];
    const size = frames.reduce((sum, frame) => sum + frame.size, 0);
    if (size !== descriptor.size) {
      throw new CacheError(
        ERROR_CODES.InvalidImage,
        `The image is invalid: layer ${id} does not have the size of its frames.`,
      );
    }
    layers.set(id, { id, frames, descriptor });
  }
  return layers;
}

function notesOf(plan: RestorePlan): string[] {
  const notes: string[] = [];
  if (plan.unsettable > 0) {
    notes.push(`Mode and time of ${plan.unsettable} paths belong to another user and stay as they are.`);
  }
  if (plan.leftOut > 0) notes.push(`${plan.leftOut} paths of the entry are outside of the chosen paths, or excluded.`);
  return notes;
}

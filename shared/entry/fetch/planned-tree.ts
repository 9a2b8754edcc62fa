/** What differs between a workspace and the live tree of an entry, and the frames that are wanted for it. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Staging } from '../../archive/commit/staging.ts';
import { holdsExcluded } from '../../archive/files/walk/excluded.ts';
import { walk } from '../../archive/files/walk/walk.ts';
import { fsPath } from '../../archive/paths/path.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import type { PrepareFromIndex } from '../../archive/restore/prepare-from-index.ts';
import { RestorePlan } from '../../archive/restore/restore-plan.ts';
import { ContentCheck } from '../../archive/stat-cache/content-check.ts';
import type { StatCache } from '../../archive/stat-cache/stat-cache.ts';
import type { FrameGroup } from '../../archive/unpack/frame-grouper.ts';
import type { MissingFiles } from '../../archive/unpack/missing-files.ts';
import { imageTooLarge } from '../manifest/entry-limits.ts';
import type { StoredTree } from '../manifest/live-tree.ts';
import type { EntryManifest } from '../manifest/manifest.ts';
import type { FetchWork } from './fetch-work.ts';
import type { LayerSource } from './frame-downloads.ts';
import type { RestoredStates } from './restored-states.ts';

export interface PlanParts {
  readonly staging: Staging;
  readonly selection: Selection;
  readonly statCache: StatCache | undefined;
  readonly preparation: PrepareFromIndex;
  readonly states: RestoredStates;
}

export function makePlan(
  work: FetchWork,
  { staging, selection, statCache, preparation, states }: PlanParts,
): RestorePlan {
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
    untouched: (number, { stats }) => states.untouched(number, stats),
    clean: request.clean,
  });
}

export interface PlannedTree {
  readonly manifest: EntryManifest;
  readonly tree: StoredTree;
  readonly plan: RestorePlan;
  readonly missing: MissingFiles;
  readonly preparation: PrepareFromIndex;
  readonly states: RestoredStates;
}

/**
 * Plans entry by entry; gives each frame once all is known that it is needed for, and the directories of that are staged. It gives nothing
 * wherever it may rest.
 */
export function* planFrames(
  { limits, older }: FetchWork,
  parts: PlannedTree,
): IterableIterator<FrameGroup | undefined> {
  const { manifest, tree, plan, missing, preparation, states } = parts;
  const { sums } = states;
  // A plan that is made anew counts anew.
  if (older !== undefined) older.lowered = 0;
  for (const stored of tree.entries()) {
    const entry = older?.of(stored) ?? stored;
    const number = states.count(entry);
    if (sums.files > limits.maxFiles || sums.size > limits.maxBytes)
      imageTooLarge(`it has more than ${limits.maxFiles} files or ${limits.maxBytes} bytes`);
    if (yield* plan.add(number, entry)) states.planned(number, entry);
    else states.leftOut(number);
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

/** Content layers by id. */
export function layerSources(manifest: EntryManifest, tree: StoredTree): Map<number, LayerSource> {
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

export function rootStats({ workspace }: FetchWork): fs.Stats {
  return fs.statSync(fsPath(workspace.state.root));
}

/** Restores into one directory what several tasks made of the same content (docs/resolvers.md, "Joins"). */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { printable } from '../../archive/paths/path.ts';
import { Pace } from '../../pace.ts';
import type { EntryCheck, EntryJoin, FetchOutcome, StoredReference } from '../entry.ts';
import { fetchEntry } from '../fetch/fetch-entry.ts';
import { imageManifest } from '../manifest/image-manifest.ts';
import { readLiveTree } from '../manifest/live-tree.ts';
import { readManifest } from '../manifest/manifest.ts';
import { mapBounded } from './bounded.ts';
import { joinDecision } from './decision.ts';
import type { JoinStep } from './decision.ts';
import { joinImages } from './joined-image.ts';
import type { StoredPart } from './joined-image.ts';
import { JoinedStore } from './joined-store.ts';
import { joinTrees } from './joined-tree.ts';

const LISTED_CONFLICTS = 5;

/** A miss is `found: false`: no task left an entry, and there is no base. */
export async function joinEntries({ nodes, base, check, ...directory }: EntryJoin): Promise<FetchOutcome> {
  const { signal } = directory;
  const all = nodes.flatMap(({ parts }) => parts);
  const read = new Map(await mapBounded(all, async (part) => [part, await readPart(part, check, signal)] as const));
  // Without what one of the tasks made, the rest is content that no task has seen.
  const unverified = [...read.values()].find((part) => typeof part === 'string');
  if (typeof unverified === 'string') return { found: false, unverified };
  const parts: (StoredPart | undefined)[] = [await readFirst(base, check, signal)];
  const steps = nodes.map(({ parts: made, after }): JoinStep => {
    const found = made.map((part) => read.get(part));
    const versions = found.flatMap((part) => (typeof part === 'object' ? [parts.push(part) - 1] : []));
    return { versions, after };
  });
  if (parts.every((part) => part === undefined)) return { found: false };

  const joined = joinTrees(
    parts.map((part) => (part === undefined ? undefined : () => part.tree.entries())),
    joinDecision(steps),
  );
  const pace = new Pace(() => signal?.throwIfAborted());
  const store = new JoinedStore(await joinImages(parts, joined, pace));
  const outcome = await fetchEntry({ ...directory, store, reference: 'join', hasFreed: joined.hasFreed });
  if (!outcome.found) return outcome;
  const indices = parts.reduce((sum, part) => sum + (part?.tree.bytesReceived ?? 0), 0);
  return {
    ...outcome,
    bytesReceived: outcome.bytesReceived + indices,
    notes: [...noteOf(joined.conflicts), ...outcome.notes],
  };
}

/** The first entry that there is; one that may not be used is passed over. */
async function readFirst(
  references: readonly StoredReference[],
  check?: EntryCheck,
  signal?: AbortSignal,
): Promise<StoredPart | undefined> {
  for (const reference of references) {
    const part = await readPart(reference, check, signal);
    if (typeof part === 'object') return part;
  }
  return undefined;
}

/** A text says why it may not be used. */
async function readPart(
  { store, reference }: StoredReference,
  check?: EntryCheck,
  signal?: AbortSignal,
): Promise<StoredPart | string | undefined> {
  const stored = await store.getManifest(reference, signal);
  if (stored === undefined) return undefined;
  const unverified = await check?.({ store, reference: stored.descriptor.digest });
  if (unverified !== undefined) return unverified;
  const manifest = readManifest((await imageManifest(store, stored, signal)).bytes);
  if (manifest === undefined) {
    throw new CacheError(
      ERROR_CODES.InvalidImage,
      `${store.name}:${reference} was not made by tekton-cache, so it has no index to join by. Upload it once with \`tekton-cache upload\`.`,
    );
  }
  return { store, manifest, tree: await readLiveTree(store, manifest, { signal }) };
}

function noteOf(conflicts: readonly string[]): string[] {
  if (conflicts.length === 0) return [];
  const listed = conflicts.slice(0, LISTED_CONFLICTS).map(printable);
  const more = conflicts.length > listed.length ? ', ...' : '';
  return [`${conflicts.length} paths were changed by two tasks; the later one was taken: ${listed.join(', ')}${more}`];
}

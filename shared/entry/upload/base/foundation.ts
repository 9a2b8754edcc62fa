/** The foundation of an upload: the layers of the base that stay below the new ones. */
import type { EntryUpload } from '../../entry.ts';
import { readIndices } from '../../manifest/live-tree.ts';
import { pathsEver } from './hidden-paths.ts';
import type { BaseEntry } from './base-entry.ts';
import { shareBlobs } from './base-entry.ts';
import { planCompaction } from './compaction.ts';
import type { Again } from './premise.ts';

export interface Foundation {
  readonly kind: 'foundation';
  /** Id for the first new layer; higher ones are free too. */
  readonly firstLayer: number;
  /** Set where there are layers below, in which things may have to be hidden. */
  readonly hasBase: boolean;
  /** Reads all paths that those layers may hold; absent while none of them can be hidden. */
  readonly pathsEver?: (() => Promise<Iterable<string>>) | undefined;
}

interface FoundationOptions {
  readonly request: EntryUpload;
  readonly base: BaseEntry | undefined;
  /** Layers whose content is packed again. */
  readonly moving: ReadonlySet<number>;
  readonly maxBlobBytes: number;
}

/** Or what to do instead of building upon the base as it is. */
export async function prepareFoundation(options: FoundationOptions): Promise<Foundation | Again> {
  const { request, base, moving, maxBlobBytes } = options;
  if (base === undefined) return { kind: 'foundation', firstLayer: 0, hasBase: false };
  const compaction = moving.size > 0 ? 'nothing' : planCompaction(base.manifest);
  if (compaction === 'everything') return { kind: 'anew' };
  if (compaction !== 'nothing') return { kind: 'moving', layers: compaction };
  const { content, index, deltas } = base.manifest;
  // The base was made under a higher limit.
  if (content.some(({ descriptor }) => descriptor.size > maxBlobBytes)) return { kind: 'anew' };
  const kept = content.filter(({ id }) => !base.lost.has(id)).map(({ descriptor }) => descriptor);
  const areShared = await shareBlobs(base, [...kept, index, ...deltas], request.store, request.signal);
  if (!areShared) return { kind: 'anew' };
  return {
    kind: 'foundation',
    firstLayer: 1 + content.reduce((most, { id }) => Math.max(most, id), -1),
    hasBase: true,
    pathsEver:
      deltas.length === 0
        ? undefined
        : async () => pathsEver((await readIndices(base.store, base.manifest, request)).indices),
  };
}

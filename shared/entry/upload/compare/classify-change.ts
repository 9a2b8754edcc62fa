/** Decides about a path whose state did not prove it unchanged, and whose content was therefore read. */
import type { Attributes } from '../../../archive/files/attributes.ts';
import type { TreeEntry } from '../../../archive/entries/tree-entry.ts';

/**
 * - `same`: nothing
 * - `describe`: the index gets the new mode and time; ordinary tools see the old ones
 * - `pack`: a new tar entry
 */
export type Judgement = 'same' | 'describe' | 'pack';

/** Up to this size a file whose mode or time alone changed is packed again, for ordinary tools. */
const REPACK_BYTES = 1024 * 1024;
/** A restored time may be off by the grain of a double. */
const TIME_GRAIN_NS = 1000;

export interface Seen {
  readonly attributes: Attributes;
  /** The content is what the known entry says. */
  readonly sameContent: boolean;
  /**
   * Times mean something: the workspace was brought up from the known entry. In another one all times are new, and
   * sending everything again for that would be against what the entry is known for.
   */
  readonly sameWorkspace: boolean;
}

export function classifyChange(known: TreeEntry, { attributes, sameContent, sameWorkspace }: Seen): Judgement {
  if (!sameContent) return 'pack';
  const sameMode = known.mode === attributes.mode;
  if (sameMode && sameTime(known, attributes)) return 'same';
  if (known.type !== 'file') return 'pack';
  if (known.size > REPACK_BYTES) return 'describe';
  return sameMode && !sameWorkspace ? 'describe' : 'pack';
}

function sameTime(a: Attributes, b: Attributes): boolean {
  return Math.abs((a.mtimeSec - b.mtimeSec) * 1e9 + (a.mtimeNs - b.mtimeNs)) < TIME_GRAIN_NS;
}

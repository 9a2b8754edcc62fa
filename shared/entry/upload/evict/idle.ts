/** Which units have had no use for so many uploads that they may go. Pure. */
import type { EvictionRule } from '../../entry.ts';
import type { Unit, UsedFile } from './unit.ts';

/** Tasks that share a cache take turns: what the one does not use, the next one does. */
export const IDLE_UPLOADS = 3;

/** How long the kernel, with `relatime`, does not mark a second read. */
const RELATIME_MS = 24 * 60 * 60 * 1000;

/** How many uploads in a row had no use of a unit, by its name. */
export type IdleRecord = ReadonlyMap<string, number>;

interface Idle {
  readonly evicted: readonly Unit[];
  readonly record: IdleRecord;
}

/**
 * @param sinceMs when the directory was last fetched or uploaded; absent: it never was, and everything in it is new
 * @param before the record that came with the entry
 */
export function judge(
  units: readonly Unit[],
  rule: EvictionRule,
  sinceMs: number | undefined,
  before: IdleRecord,
): Idle {
  const isUsed =
    sinceMs !== undefined && units.some(({ files }) => files.some((file) => tellsOfUse(file, rule, sinceMs)));
  // No unit was used: the build ended early, or the volume keeps no times. Then no unit is judged.
  if (!isUsed) return { evicted: [], record: before };
  const evicted: Unit[] = [];
  const record = new Map<string, number>();
  for (const unit of units) {
    if (!unit.files.every((file) => isIdle(file, rule, sinceMs))) continue;
    const uploads = (before.get(unit.name) ?? 0) + 1;
    if (uploads < IDLE_UPLOADS) record.set(unit.name, uploads);
    else evicted.push(unit);
  }
  return { evicted, record };
}

/** A file that was only written says nothing of whether reads are marked. */
function tellsOfUse({ atimeMs, ctimeMs }: UsedFile, { usedBy }: EvictionRule, sinceMs: number): boolean {
  return usedBy === 'mtime' ? ctimeMs > sinceMs : atimeMs > sinceMs && ctimeMs <= sinceMs;
}

/** True when a use since then would have left a mark, and there is none. */
export function isIdle(file: UsedFile, { usedBy, markedEveryMs }: EvictionRule, sinceMs: number): boolean {
  const { mtimeMs, atimeMs, ctimeMs } = file;
  if (ctimeMs > sinceMs) return false;
  if (usedBy === 'mtime') return mtimeMs <= sinceMs - markedEveryMs;
  const isMarkedAtRead = atimeMs <= mtimeMs || atimeMs <= ctimeMs || sinceMs - atimeMs >= RELATIME_MS;
  return atimeMs <= sinceMs && isMarkedAtRead;
}

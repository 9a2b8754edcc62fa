import type { Unit } from './unit.ts';

type Sized = Pick<Unit, 'name' | 'size' | 'usedMs'>;

/** The units without which the others have at most `maxSize` bytes: those that were used longest ago, and of two alike the larger one. */
export function leastRecentlyUsed<U extends Sized>(units: readonly U[], maxSize: number): U[] {
  let size = units.reduce((sum, unit) => sum + unit.size, 0);
  const evicted: U[] = [];
  if (size <= maxSize) return evicted;
  for (const unit of units.toSorted((a, b) => a.usedMs - b.usedMs || b.size - a.size || (a.name < b.name ? -1 : 1))) {
    if (size <= maxSize) break;
    if (unit.size === 0) continue;
    evicted.push(unit);
    size -= unit.size;
  }
  return evicted;
}

/** Which of several versions of one path a join takes: a three-way merge of all that was changed, without I/O. */

/** One task: its versions, one for each combination of its matrix, and the tasks it started from. */
export interface JoinStep {
  /** Indexes into the versions; none: it left nothing, so it changed nothing. */
  readonly versions: readonly number[];
  /** Indexes of earlier steps. */
  readonly after: readonly number[];
}

export interface Decision {
  /** Index into the versions. */
  readonly chosen: number;
  /** Two that did not build upon each other changed the path, and not in the same way; the later one was taken. */
  readonly conflict: boolean;
}

/** The version of what was there before any step. */
export const BASE = 0;

export type Decide = <T>(versions: readonly (T | undefined)[], same: (a: T, b: T) => boolean) => Decision;

/**
 * Each step changes what it started from. The changes apply in the order of the steps, in which each comes after those that it builds upon. A change
 * wins over no change, and a later change over an earlier one. A deletion, a version that is undefined, is a change too.
 */
export function joinDecision(steps: readonly JoinStep[]): Decide {
  const before = steps.map((_, at) => [...ancestorsOf(steps, at)].sort((a, b) => a - b));
  const everything = steps.map((_, at) => at);

  return (versions, same) => {
    const equal = (a: number, b: number): boolean => {
      const [left, right] = [versions[a], versions[b]];
      return a === b || (left === undefined || right === undefined ? left === right : same(left, right));
    };
    const starts: number[] = [];
    const apply = (order: readonly number[]): Decision => {
      let chosen = BASE;
      let conflict = false;
      for (const at of order) {
        const start = starts[at] ?? BASE;
        for (const version of steps[at]?.versions ?? []) {
          if (equal(version, start)) continue;
          conflict ||= !equal(chosen, start) && !equal(chosen, version);
          chosen = version;
        }
      }
      return { chosen, conflict };
    };
    for (const order of before) starts.push(apply(order).chosen);
    return apply(everything);
  };
}

function ancestorsOf(steps: readonly JoinStep[], at: number, seen = new Set<number>()): Set<number> {
  for (const parent of steps[at]?.after ?? []) {
    if (seen.has(parent)) continue;
    seen.add(parent);
    ancestorsOf(steps, parent, seen);
  }
  return seen;
}

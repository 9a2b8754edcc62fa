/** A longer name is not compared: it is no slip of the pen, and comparing takes as many steps as the product of both lengths. */
const LONGEST = 64;
/** Names to compare with, and to list. */
const MOST = 300;
const MOST_SHOWN = 50;

/**
 * The known name that was most likely meant, or nothing when none is close. Case, `-` and `_` do not count,
 * so `onMiss` and `on_miss` both lead to `on-miss`.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  if (name.length > LONGEST) return undefined;
  const wanted = bare(name);
  const allowed = Math.ceil(wanted.length / 3);
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of known.slice(0, MOST)) {
    if (candidate.length > LONGEST) continue;
    const distance = editDistance(wanted, bare(candidate));
    if (distance < bestDistance) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

/** The end of a sentence about an unknown name. */
export function didYouMean(name: string, known: readonly string[]): string {
  if (known.length === 0) return 'there is none.';
  const near = nearest(name, known);
  const shown = known.length > MOST_SHOWN ? [...known.slice(0, MOST_SHOWN), '...'] : known;
  return near === undefined ? `known are: ${shown.join(', ')}` : `did you mean \`${near}\`?`;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Levenshtein's distance, where two neighbours that changed places are one slip as well; one row at a time. */
function editDistance(a: string, b: string): number {
  let beforePrevious: readonly number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const remove = (previous[column] ?? 0) + 1;
      const insert = (current[column - 1] ?? 0) + 1;
      const isSwap = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swap = isSwap ? (beforePrevious[column - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      current.push(Math.min(replace, remove, insert, swap));
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length] ?? 0;
}

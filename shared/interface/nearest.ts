/**
 * The known name that was most likely meant, or nothing when none is close. Case, `-` and `_` do not count,
 * so `onMiss` and `on_miss` both lead to `on-miss`.
 */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = bare(name);
  const allowed = Math.ceil(wanted.length / 3);
  let best: string | undefined;
  let bestDistance = allowed + 1;
  for (const candidate of known) {
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
  return near === undefined ? `known are: ${known.join(', ')}` : `did you mean \`${near}\`?`;
}

function bare(name: string): string {
  return name.toLowerCase().replaceAll(/[-_]/g, '');
}

/** Levenshtein's distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = (previous[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const remove = (previous[column] ?? 0) + 1;
      const insert = (current[column - 1] ?? 0) + 1;
      current.push(Math.min(replace, remove, insert));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

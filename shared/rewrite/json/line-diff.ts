/** Lines that are shown around a change. */
const CONTEXT = 3;

/** A unified diff of two texts, line by line, without a header; empty when they are equal. */
export function lineDiff(before: string, after: string): string {
  const lines = compare(before.split('\n'), after.split('\n'));
  const shown = lines.map((_, at) =>
    lines.slice(Math.max(0, at - CONTEXT), at + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  const text: string[] = [];
  lines.forEach(({ mark, line }, at) => {
    if (shown[at] !== true) return;
    if (at > 0 && shown[at - 1] !== true && text.length > 0) text.push('...');
    text.push(`${mark}${line}`.trimEnd());
  });
  return text.join('\n');
}

interface Line {
  readonly mark: ' ' | '-' | '+';
  readonly line: string;
}

/** Compares by the longest common subsequence, after what is equal at both ends. */
function compare(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;

  const a = before.slice(head, before.length - tail);
  const b = after.slice(head, after.length - tail);
  const same = (line: string): Line => ({ mark: ' ', line });
  return [...before.slice(0, head).map(same), ...middle(a, b), ...before.slice(before.length - tail).map(same)];
}

function middle(a: readonly string[], b: readonly string[]): Line[] {
  const lengths = commonLengths(a, b);
  const at = (i: number, j: number): number => lengths[i]?.[j] ?? 0;
  const lines: Line[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const removed = a[i];
    const added = b[j];
    if (removed !== undefined && removed === added) {
      lines.push({ mark: ' ', line: removed });
      i++;
      j++;
    } else if (removed !== undefined && (added === undefined || at(i + 1, j) >= at(i, j + 1))) {
      lines.push({ mark: '-', line: removed });
      i++;
    } else if (added !== undefined) {
      lines.push({ mark: '+', line: added });
      j++;
    }
  }
  return lines;
}

/** `[i][j]`: how many lines `a` from i and `b` from j have in common, in order. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0));
  for (let i = a.length - 1; i >= 0; i--) {
    const row = lengths[i] ?? [];
    const below = lengths[i + 1] ?? [];
    for (let j = b.length - 1; j >= 0; j--) {
      row[j] = a[i] === b[j] ? (below[j + 1] ?? 0) + 1 : Math.max(below[j] ?? 0, row[j + 1] ?? 0);
    }
  }
  return lengths;
}

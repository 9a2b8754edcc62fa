const UNITS: readonly { readonly unit: string; readonly length: number }[] = [
  { unit: 'h', length: 3_600_000 },
  { unit: 'm', length: 60_000 },
  { unit: 's', length: 1000 },
  { unit: 'ms', length: 1 },
];
const PART = /(\d+(?:\.\d+)?)(ms|h|m|s)/gy;

/** Milliseconds of a duration as Go and Tekton write it (`1h5m30s`, `1.5h`, `0`), or nothing when it is not one. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0;
  let total = 0;
  let end = 0;
  for (const match of text.matchAll(PART)) {
    total += Number(match[1]) * (UNITS.find(({ unit }) => unit === match[2])?.length ?? 0);
    end = match.index + match[0].length;
  }
  return text !== '' && end === text.length ? Math.round(total) : undefined;
}

/** The duration as users write it. */
export function formatDuration(milliseconds: number): string {
  let rest = Math.round(milliseconds);
  let text = '';
  for (const { unit, length } of UNITS) {
    const count = Math.floor(rest / length);
    if (count > 0) text += `${count}${unit}`;
    rest -= count * length;
  }
  return text === '' ? '0s' : text;
}

/** What repeated measurements say, and how far they can be believed. */

interface Interval {
  readonly middle: number;
  readonly low: number;
  readonly high: number;
}

/** Between the two nearest values. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (sorted.length - 1) * part;
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low + (high - low) * (at - Math.floor(at));
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The median, and where 95 % of the medians of resamples lie. */
export function interval(values: readonly number[]): Interval {
  const draw = () => values[Math.floor(Math.random() * values.length)] ?? Number.NaN;
  const medians = Array.from({ length: 4000 }, () => median(values.map(draw)));
  return { middle: median(values), low: quantile(medians, 0.025), high: quantile(medians, 0.975) };
}

/** `1.02 (0.98 to 1.07)` */
export const showInterval = ({ middle, low, high }: Interval): string =>
  `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;

export const showMilliseconds = (value: number): string => `${Math.round(value)} ms`;

/** Prometheus' text format, as far as counters, gauges and histograms need it: https://prometheus.io/docs/instrumenting/exposition_formats/ */

export interface MetricRow {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Every value that is counted has to come from a closed list: a name of a run or namespace would be a new series for ever. */
  readonly labels: readonly string[];
  /** The upper bounds of a histogram, in seconds, where they are not those of a transfer. */
  readonly buckets?: readonly number[];
  readonly meaning: string;
}

export type Labels = Readonly<Record<string, string>>;

/** Upper bounds in seconds of a transfer: from an entry that was there already to one of many gigabytes. */
const BUCKETS = [0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800];

/** The series of one metric. */
export class Metric {
  readonly #row: MetricRow;
  readonly #counts = new Map<string, number>();
  readonly #read: (() => ReadonlyMap<string, number>) | undefined;

  /** With `read` the values are asked for when they are wanted: by the one label of the row. */
  constructor(row: MetricRow, read?: () => ReadonlyMap<string, number>) {
    this.#row = row;
    this.#read = read;
  }

  add(labels: Labels, amount = 1): void {
    this.#count('', labels, amount);
  }

  /** Adds one observation to a histogram. */
  observe(labels: Labels, seconds: number): void {
    for (const bound of [...(this.#row.buckets ?? BUCKETS), Number.POSITIVE_INFINITY]) {
      this.#count(
        '_bucket',
        { ...labels, le: bound === Number.POSITIVE_INFINITY ? '+Inf' : String(bound) },
        Number(seconds <= bound),
      );
    }
    this.#count('_sum', labels, seconds);
    this.#count('_count', labels, 1);
  }

  text(): string {
    const { name, type, labels, meaning } = this.#row;
    const read = [...(this.#read?.() ?? [])].map(
      ([value, count]) => [seriesOf(name, labels[0] === undefined ? {} : { [labels[0]]: value }), count] as const,
    );
    const lines = [...this.#counts, ...read].map(([series, count]) => `${series} ${count}\n`);
    return `# HELP ${name} ${meaning.replaceAll('\\', '\\\\')}\n# TYPE ${name} ${type}\n${lines.join('')}`;
  }

  #count(suffix: string, labels: Labels, amount: number): void {
    // A single NaN or infinity would stay in the sum for ever.
    if (!Number.isFinite(amount)) return;
    const series = seriesOf(`${this.#row.name}${suffix}`, labels);
    this.#counts.set(series, (this.#counts.get(series) ?? 0) + amount);
  }
}

function seriesOf(name: string, labels: Labels): string {
  const escaped = Object.entries(labels).map(([label, value]) => `${label}="${value.replaceAll(/["\\\n]/g, '_')}"`);
  return escaped.length === 0 ? name : `${name}{${escaped.join(',')}}`;
}

import type { LaneReport } from '../lanes/lane.ts';
import { NODE_MODULES } from '../trees/corpora.ts';
import { overWire, WIRES } from '../wire.ts';

/** Bytes of content. */
const SIZES = [
  { name: '100 MB', bytes: 1e8 },
  { name: '1 GB', bytes: 1e9 },
  { name: '10 GB', bytes: 1e10 },
] as const;

/** One row: a verb over a wire, and seconds for each of the sizes. */
interface Cost {
  readonly verb: 'fetch' | 'upload';
  readonly wire: string;
  readonly who: string;
  readonly seconds: readonly number[];
}

export const COST_SIZES: readonly string[] = SIZES.map(({ name }) => name);

/** What a process costs before it moves a byte. */
export interface Start {
  /** Seconds that ours takes with nothing to do. */
  readonly ours: number;
  /** Bytes of the measured tree. */
  readonly treeBytes: number;
}

/**
 * Seconds for trees of other sizes, by a straight line: starting costs the same, the rest grows with the bytes. Of each group ours and
 * the fastest peer.
 */
export const costs = (lanes: readonly LaneReport[], { ours, treeBytes }: Start): Cost[] =>
  [undefined, ...WIRES].flatMap((wire) =>
    (['fetch', 'upload'] as const).flatMap((verb) => {
      const name = `${verb} ${NODE_MODULES.name}`;
      const id = wire === undefined ? name : overWire(name, wire);
      const own = lanes.find((lane) => lane.id === id);
      if (own === undefined) return [];
      const rivals = lanes.filter(({ group, title }) => group === own.group && !title.startsWith('tekton-cache '));
      const [best] = rivals.toSorted((a, b) => a.median - b.median);
      const row = (who: string, median: number, start: number): Cost => ({
        verb,
        wire: wire?.name ?? 'loopback',
        who,
        seconds: SIZES.map(({ bytes }) => start + (Math.max(median - start, 0) * bytes) / treeBytes),
      });
      return [row('tekton-cache', own.median, ours), ...(best === undefined ? [] : [row(best.title, best.median, 0)])];
    }),
  );

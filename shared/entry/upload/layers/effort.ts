/**
 * How hard the compressor works, by what the wire takes (ADR 61). Where frames wait for the wire, fewer bytes arrive sooner and
 * the processors have time for it. Where the wire waits for frames, the least effort is the quickest. Pure.
 */
import { EFFORTS, LEAST_EFFORT } from '../../../archive/pack/compress.ts';
import type { Effort } from '../../../archive/pack/compress.ts';

/** What became of a frame, in milliseconds. */
interface FrameTimes {
  /** How long the frame took to be read and compressed. */
  readonly packed: number;
  /** Then, until the wire had taken the frame before it. The time in which a store makes a blob of it is no part: fewer bytes do not shorten that. */
  readonly waited: number;
}

/** A wait that is shorter than this part of the packing counts as none. */
const NO_WAIT = 0.05;

/** The effort of the next frame, one step from the last one's at most. All the packing is taken to grow with the effort: a bound. */
export function nextEffort(effort: Effort, { packed, waited }: FrameTimes): Effort {
  if (waited < packed * NO_WAIT) return stepFrom(effort, -1);
  const harder = stepFrom(effort, 1);
  const more = packed * (costOf(harder) / costOf(effort) - 1);
  return waited > more ? harder : effort;
}

function stepFrom(effort: Effort, step: 1 | -1): Effort {
  const next = effort + step;
  return EFFORTS[next] === undefined ? effort : next;
}

function costOf(effort: Effort): number {
  return (EFFORTS[effort] ?? EFFORTS[LEAST_EFFORT]).cost;
}

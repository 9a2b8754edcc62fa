/**
 * How many frames a layer of an upload may have, by its number. How much there will be is not known when the first layer is
 * begun: layers get longer the more there are, so that 40 hold 150 GiB and a small entry has layers that move in parallel.
 */
const SCHEDULE = [
  { layers: 24, frames: 1 },
  { layers: 8, frames: 8 },
  { layers: 4, frames: 64 },
  { layers: 2, frames: 512 },
] as const;
const LONGEST = 4096;

export function framesOfLayer(number: number): number {
  let first = 0;
  for (const { layers, frames } of SCHEDULE) {
    first += layers;
    if (number < first) return frames;
  }
  return LONGEST;
}

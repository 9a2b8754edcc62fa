import type { Growth } from '../cases/growth.ts';

/** A fetch has its main thread and three more, an upload too: further processors find no work (docs/adr/0079). */
export const MOST_THREADS = 4;

/** One row: what a file costs, in microseconds. `serial` and `more` are a model. */
export interface Scaling {
  readonly files: number;
  readonly verb: 'fetch' | 'upload';
  readonly one: number;
  readonly two: number;
  /** What one thread does while the others wait. No number of processors makes it shorter. */
  readonly serial: number;
  /** By the number of processors. */
  readonly more: readonly { readonly processors: number; readonly microseconds: number }[];
}

/**
 * What more processors would give, by Amdahl's law: the time on one is the serial part and the shared one, on two the serial part and
 * half of the shared one. Trees that were measured on one and on two processors have a row.
 */
export const scaling = (growth: readonly Growth[], counts: readonly number[]): Scaling[] =>
  [...new Set(growth.map(({ files }) => files))].flatMap((files) =>
    (['fetch', 'upload'] as const).flatMap((verb) => {
      const on = (processors: string) => growth.find((row) => row.files === files && row.processors === processors);
      const [one, two] = [on('0')?.[verb], on('0,1')?.[verb]];
      if (one === undefined || two === undefined) return [];
      // Of a run whose second processor brought nothing, all is serial.
      const shared = Math.min(Math.max(2 * (one - two), 0), one);
      const serial = one - shared;
      const more = counts.map((processors) => ({
        processors,
        microseconds: serial + shared / Math.min(processors, MOST_THREADS),
      }));
      return [{ files, verb, one, two, serial, more }];
    }),
  );

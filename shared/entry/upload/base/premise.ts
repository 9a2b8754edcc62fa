/** The premise of an upload attempt, and what the next attempt has to do when this one did not finish. */

export interface Premise {
  /** Set where the upload builds upon nothing: everything is packed and sent. */
  readonly anew: boolean;
  /** Layers of the base whose content is packed again although it is as it was, by id. */
  readonly moving: ReadonlySet<number>;
  /** How often the registry turned out to keep something broken under a digest that was just made. */
  readonly repairs: number;
}

/** What another attempt is to do. */
export type Again =
  /** Pack again what these layers hold: they are to go, or they are lost. */
  | { readonly kind: 'moving'; readonly layers: ReadonlySet<number>; readonly cause?: Error }
  /** Build upon nothing. */
  | { readonly kind: 'anew'; readonly cause?: Error; readonly repair?: true };

const MAX_REPAIRS = 2;
const NONE: ReadonlySet<number> = new Set();

/** @param force everything is to be sent, whatever is there */
export function firstPremise(force: boolean): Premise {
  return { anew: force, moving: NONE, repairs: 0 };
}

/** Returns undefined when there is no other way to try. */
export function nextPremise(premise: Premise, again: Again): Premise | undefined {
  const { anew, moving, repairs } = premise;
  if (again.kind === 'moving' && !anew && moving.size === 0) return { ...premise, moving: again.layers };
  if (!anew) return { ...premise, anew: true, moving: NONE };
  const isRepair = again.kind === 'anew' && again.repair === true;
  return isRepair && repairs < MAX_REPAIRS ? { ...premise, repairs: repairs + 1 } : undefined;
}

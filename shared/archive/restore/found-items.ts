/** What the walk finds in a workspace, one item after another. The walk may rest between two items. */
import type { Steps } from '../../pace.ts';
import type { WalkItem } from '../files/walk/walk.ts';
import { isBelow } from '../paths/path.ts';

export class FoundItems {
  readonly #walk: Iterator<WalkItem | undefined>;
  #next: WalkItem | undefined;
  #hasBegun = false;

  constructor(walk: Iterator<WalkItem | undefined>) {
    this.#walk = walk;
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** The next item of the walk; undefined before `begin`, and at the end. */
  get next(): WalkItem | undefined {
    return this.#next;
  }

  /** Goes to the first item. */
  *begin(): Steps {
    this.#hasBegun = true;
    while (!this.advance()) yield;
  }

  /** Goes to the item after this one. False where the walk has not come to it yet: ask again after a rest. */
  advance(): boolean {
    const next = this.#walk.next();
    this.#next = next.done === true ? undefined : next.value;
    return next.done === true || next.value !== undefined;
  }

  /** Passes over all that is below the path. */
  *skipBelow(path: string): Steps {
    while (this.#next !== undefined && isBelow(this.#next.path, path)) {
      do yield;
      while (!this.advance());
    }
  }
}

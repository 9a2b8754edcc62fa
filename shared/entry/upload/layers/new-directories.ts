/** Directories that the base does not have, and what is in them now. What its layers hold in them besides has to be hidden. */
import { parentOf } from '../../../archive/paths/path.ts';
import type { Steps } from '../../../pace.ts';
import { hiddenBelow } from '../base/hidden-paths.ts';

export class NewDirectories {
  readonly #paths = new Set<string>();
  readonly #present = new Set<string>();

  get areNone(): boolean {
    return this.#paths.size === 0;
  }

  add(path: string): void {
    this.#paths.add(path);
  }

  /** Told of all that is packed: a directory comes before what is in it. */
  note(path: string): void {
    if (!this.areNone && this.#paths.has(parentOf(path))) this.#present.add(path);
  }

  /** @param ever every path that the layers tell of */
  hidden(ever: Iterable<string>): Steps<ReadonlySet<string>> {
    return hiddenBelow(ever, this.#paths, this.#present);
  }
}

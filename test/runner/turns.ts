import type { Print } from './mocha-process.ts';

/**
 * Output of things that run at the same time, each whole and in the order of their names. The first that has not ended is
 * shown as it comes; what the others say waits for their turn.
 */
export class Turns {
  readonly #waiting: string[];
  readonly #ended = new Set<string>();
  readonly #said = new Map<string, string>();
  readonly #print: Print;

  constructor(names: readonly string[], print: Print) {
    this.#waiting = [...names];
    this.#print = print;
  }

  printerOf(name: string): Print {
    return (text) => {
      if (this.#waiting[0] === name) this.#print(text);
      else this.#said.set(name, (this.#said.get(name) ?? '') + text);
    };
  }

  end(name: string): void {
    this.#ended.add(name);
    while (this.#waiting[0] !== undefined && this.#ended.has(this.#waiting[0])) {
      this.#waiting.shift();
      const [next] = this.#waiting;
      if (next !== undefined) this.#print(this.#said.get(next) ?? '');
    }
  }
}

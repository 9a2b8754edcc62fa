/** Counts what is open at once, such as connections: in all, and from each address. */
export class AddressCount {
  readonly #most: number;
  readonly #mostOfAddress: number;
  #all = 0;
  readonly #counts = new Map<string, number>();

  constructor(most: number, mostOfAddress: number) {
    this.#most = most;
    this.#mostOfAddress = mostOfAddress;
  }

  /** Counts one more, and gives the function that ends it; undefined where there are too many. */
  enter(address = ''): (() => void) | undefined {
    const count = this.#counts.get(address) ?? 0;
    if (this.#all >= this.#most || count >= this.#mostOfAddress) return undefined;
    this.#all++;
    this.#counts.set(address, count + 1);
    return () => this.#leave(address);
  }

  #leave(address: string): void {
    this.#all--;
    const left = (this.#counts.get(address) ?? 1) - 1;
    if (left > 0) this.#counts.set(address, left);
    else this.#counts.delete(address);
  }
}

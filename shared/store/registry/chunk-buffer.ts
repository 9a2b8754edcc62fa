const FIRST_BYTES = 64 * 1024;

/** Gathers small writes into a chunk. Its memory grows with what comes, and is used again for the next chunk. */
export class ChunkBuffer {
  #memory = Buffer.alloc(0);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** What was gathered, until the next `add` or `clear`. */
  get bytes(): Uint8Array {
    return this.#memory.subarray(0, this.#length);
  }

  /** Copies as much as fits into `limit` bytes in all, and returns how much that was. */
  add(bytes: Uint8Array, limit: number): number {
    const taken = Math.min(bytes.length, limit - this.#length);
    this.#reserve(this.#length + taken, limit);
    this.#memory.set(bytes.subarray(0, taken), this.#length);
    this.#length += taken;
    return taken;
  }

  clear(): void {
    this.#length = 0;
  }

  #reserve(length: number, limit: number): void {
    if (length <= this.#memory.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.min(limit, Math.max(FIRST_BYTES, 2 * length)));
    grown.set(this.#memory.subarray(0, this.#length));
    this.#memory = grown;
  }
}

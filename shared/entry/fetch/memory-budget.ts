/** Memory for the compressed frames of a fetch, from their first byte to when they are restored. */

/** The bytes for each thread that restores frames: one frame at work and the next one, of the usual size. */
const THREAD_BYTES = 8 * 1024 * 1024;
/** More is not worth its memory. */
const MOST_BYTES = 24 * 1024 * 1024;
/** Frames are of all sizes: memory that is a little larger fits more of them. */
const STEP_BYTES = 1024 * 1024;

/** Bytes of compressed frames in memory, and of memory that is kept for the next ones. */
export function budgetOf(threads: number): number {
  return Math.min(threads * THREAD_BYTES, MOST_BYTES);
}

interface Waiting {
  readonly number: number;
  readonly size: number;
  readonly go: () => void;
}

/** Frames have numbers in the order in which they are taken. Those that find no room wait, and the one with the lowest number is let in first. */
export class MemoryBudget {
  readonly #bytes: number;
  /** Frames that wait until there is room. */
  #waiting: Waiting[] = [];
  /** Bytes of the frames that have room. */
  #held = 0;
  /** The frame that is taken next: it may always come. */
  #next = 0;
  /** Memory of frames that are restored: new memory costs the system more than filling it. */
  #spare: ArrayBuffer[] = [];
  /** Bytes of the memory of all other frames. */
  #filled = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  /** Says that this frame is taken next; the budget lets it in at once. */
  takeNext(number: number): void {
    this.#next = number;
    this.#admit();
  }

  /** Memory of the size of a frame; nothing when there is no room. */
  tryAllocate(number: number, size: number): Uint8Array<ArrayBuffer> | undefined {
    if (!this.#fits({ number, size })) return undefined;
    this.#held += size;
    return this.#memory(size);
  }

  /** The same, as soon as there is room. */
  async allocate(number: number, size: number): Promise<Uint8Array<ArrayBuffer>> {
    await new Promise<void>((go) => this.#waiting.push({ number, size, go }));
    return this.#memory(size);
  }

  /** The memory of a frame of this size is free again. */
  release(size: number, memory: ArrayBuffer): void {
    this.#held -= size;
    this.#filled -= memory.byteLength;
    this.#spare.push(memory);
    this.#makeRoom(0);
    this.#admit();
  }

  /** Gives back what is kept for further frames. */
  close(): void {
    for (const memory of this.#spare.splice(0)) memory.transfer(0);
  }

  #fits({ number, size }: Pick<Waiting, 'number' | 'size'>): boolean {
    return this.#held + size <= this.#bytes || number <= this.#next;
  }

  /** Lets in those that wait, in the order of their numbers, up to the first one without room. */
  #admit(): void {
    this.#waiting.sort((a, b) => a.number - b.number);
    const still: Waiting[] = [];
    for (const one of this.#waiting) {
      if (still.length === 0 && this.#fits(one)) {
        this.#held += one.size;
        one.go();
      } else still.push(one);
    }
    this.#waiting = still;
  }

  /** The smallest that is large enough. A frame has memory of its own, so that it can be handed to another thread. */
  #memory(size: number): Uint8Array<ArrayBuffer> {
    const fitting = this.#spare.filter(({ byteLength }) => byteLength >= size);
    const best = fitting.toSorted((a, b) => a.byteLength - b.byteLength).at(0);
    if (best !== undefined) {
      this.#spare.splice(this.#spare.indexOf(best), 1);
      this.#filled += best.byteLength;
      return new Uint8Array(best, 0, size);
    }
    const bytes = Math.ceil(size / STEP_BYTES) * STEP_BYTES;
    this.#makeRoom(bytes);
    this.#filled += bytes;
    return Buffer.allocUnsafeSlow(bytes).subarray(0, size);
  }

  /** Gives back memory that is kept, oldest first, until so much more fits. */
  #makeRoom(bytes: number): void {
    while (this.#spare.length > 0 && this.#filled + this.#spareBytes + bytes > this.#bytes) {
      this.#spare.shift()?.transfer(0);
    }
  }

  get #spareBytes(): number {
    return this.#spare.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }
}

import type { Frame } from '../../archive/entries/tree-entry.ts';

export interface WantedFrame {
  /** Place in the order. */
  readonly number: number;
  /** Byte in the layer. */
  readonly offset: number;
  readonly frame: Frame;
}

/** Puts the bytes of a range into the frames that are wanted, and drops those between them. */
export class RangeAssembly {
  readonly #frames: readonly WantedFrame[];
  readonly #done: (wanted: WantedFrame, bytes: Uint8Array<ArrayBuffer>) => void;
  #at = 0;
  #position: number;
  #buffer: Uint8Array<ArrayBuffer> | undefined;

  constructor(frames: readonly WantedFrame[], done: (wanted: WantedFrame, bytes: Uint8Array<ArrayBuffer>) => void) {
    this.#frames = frames;
    this.#done = done;
    this.#position = frames[0]?.offset ?? 0;
  }

  get complete(): boolean {
    return this.#at === this.#frames.length;
  }

  /** The frame whose first byte comes now, until it is opened. */
  get needsRoom(): WantedFrame | undefined {
    const wanted = this.#frames[this.#at];
    return this.#buffer === undefined && wanted?.offset === this.#position ? wanted : undefined;
  }

  /** @param memory of the size of the frame */
  open(memory: Uint8Array<ArrayBuffer>): void {
    this.#buffer = memory;
  }

  /** Takes bytes of the chunk up to the end of a frame or of a gap; the position after them. */
  push(chunk: Uint8Array, at: number): number {
    const wanted = this.#frames[this.#at];
    if (wanted === undefined) return chunk.length;
    const buffer = this.#buffer;
    const until = buffer === undefined ? wanted.offset : wanted.offset + wanted.frame.size;
    const bytes = Math.min(chunk.length - at, until - this.#position);
    buffer?.set(chunk.subarray(at, at + bytes), this.#position - wanted.offset);
    this.#position += bytes;
    if (buffer !== undefined && this.#position === until) {
      this.#done(wanted, buffer);
      this.#buffer = undefined;
      this.#at += 1;
    }
    return at + bytes;
  }
}

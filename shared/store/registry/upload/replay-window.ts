interface Piece {
  readonly start: number;
  readonly bytes: Uint8Array;
  readonly done: (() => void) | undefined;
}

/** The window has forgotten the bytes that it is asked for. */
export class ReplayPassed extends Error {}

const NOTHING = new Uint8Array();

/** A stretch of a blob: what is still to be sent, and what was sent last, in case that it has to be sent again. Nothing is copied. */
export class ReplayWindow {
  readonly #pieces: Piece[] = [];
  #start: number;
  #end: number;

  /** `offset`: where in the blob it begins. */
  constructor(offset = 0) {
    this.#start = offset;
    this.#end = offset;
  }

  get start(): number {
    return this.#start;
  }

  get end(): number {
    return this.#end;
  }

  /** @param done called when the bytes are forgotten */
  add(bytes: Uint8Array, done?: () => void): void {
    if (bytes.length === 0) return;
    this.#pieces.push({ start: this.#end, bytes, done });
    this.#end += bytes.length;
  }

  /** The bytes from `offset` on that lie in one piece, at most `limit`; none at the window's end. */
  at(offset: number, limit: number): Uint8Array {
    if (offset < this.#start) throw new ReplayPassed(`the bytes from ${offset} on are needed again`);
    const piece = this.#pieces.find(({ start, bytes }) => offset < start + bytes.length);
    return piece?.bytes.subarray(offset - piece.start, offset - piece.start + limit) ?? NOTHING;
  }

  /** The pieces that end before `offset` are needed no more. */
  forget(offset: number): void {
    for (let [first] = this.#pieces; first && first.start + first.bytes.length <= offset; [first] = this.#pieces) {
      this.#pieces.shift();
      this.#start = first.start + first.bytes.length;
      first.done?.();
    }
  }
}

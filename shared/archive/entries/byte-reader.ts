import { CacheError, ERROR_CODES } from '../../errors.ts';

/** Reads the primitive forms of docs/format.md; whatever is not well formed is `InvalidImage`. */
export class ByteReader {
  readonly #buffer: Buffer;
  #position: number;
  readonly #what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.#buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#position = 0;
    this.#what = what;
  }

  get position(): number {
    return this.#position;
  }

  get left(): number {
    return this.#buffer.length - this.#position;
  }

  u8(): number {
    return this.#buffer[this.#take(1)] ?? 0;
  }

  u32(): number {
    return this.#buffer.readUInt32LE(this.#take(4));
  }

  f64(): number {
    return this.#buffer.readDoubleLE(this.#take(8));
  }

  varint(): number {
    const first = this.#buffer[this.#take(1)] ?? 0;
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (;;) {
      const byte = this.#buffer[this.#take(1)] ?? 0;
      value += (byte & 0x7f) * scale;
      if (value > Number.MAX_SAFE_INTEGER) this.fail('a number is past 2^53');
      if (byte < 0x80) return value;
      scale *= 0x80;
      if (scale > 2 ** 56) this.fail('a number is too long');
    }
  }

  zigzag(): number {
    const value = this.varint();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(length: number): string {
    const at = this.#take(length);
    return this.#buffer.toString('latin1', at, at + length);
  }

  hex(bytes: number): string {
    const at = this.#take(bytes);
    return this.#buffer.toString('hex', at, at + bytes);
  }

  /** Bytes that were passed over just now. */
  hexBefore(bytes: number): string {
    return this.#buffer.toString('hex', this.#position - bytes, this.#position);
  }

  /** A view, not a copy. */
  raw(length: number): Buffer {
    const at = this.#take(length);
    return this.#buffer.subarray(at, at + length);
  }

  skip(bytes: number): void {
    this.#take(bytes);
  }

  /** Another reader of the same bytes. */
  from(position: number): ByteReader {
    const reader = new ByteReader(this.#buffer, this.#what);
    reader.#position = position;
    return reader;
  }

  fail(problem: string): never {
    throw new CacheError(ERROR_CODES.InvalidImage, `${this.#what} is invalid: ${problem}.`);
  }

  #take(bytes: number): number {
    const at = this.#position;
    if (bytes > this.#buffer.length - at) this.fail('it ends too early');
    this.#position = at + bytes;
    return at;
  }
}

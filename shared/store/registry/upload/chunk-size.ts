export const CHUNK_BYTES = 8 * 1024 * 1024;
const LARGE_CHUNK_BYTES = 16 * 1024 * 1024;
/** A chunk costs a round trip and a turn of both sides: an upload that has come this far goes on in larger ones. */
const LONG_UPLOAD_BYTES = 64 * 1024 * 1024;

/** How long the chunks of one upload are. */
export class ChunkSize {
  #large = LARGE_CHUNK_BYTES;

  /**
   * Bytes of the next chunk.
   *
   * @param received bytes that the registry has
   * @param least the registry takes no smaller chunks, except for the last
   */
  after(received: number, least: number): number {
    return Math.max(received >= LONG_UPLOAD_BYTES ? this.#large : CHUNK_BYTES, least);
  }

  /** Called when a chunk of this length was too long. True where chunks are shorter from now on. */
  shorten(bytes: number): boolean {
    if (bytes <= CHUNK_BYTES || this.#large <= CHUNK_BYTES) return false;
    this.#large = CHUNK_BYTES;
    return true;
  }
}

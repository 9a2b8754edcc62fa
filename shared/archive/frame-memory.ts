/** Small buffers of Node may share their memory with others. */
const SHARED_POOL_BYTES = 64 * 1024;

/** Gives the memory of a frame back now: the collector would let several frames pile up before it looks. The bytes are gone. */
export function releaseMemory({ buffer }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > SHARED_POOL_BYTES) buffer.transfer(0);
}

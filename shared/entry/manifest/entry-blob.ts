/** A blob of an entry that is made in memory: its index, or its config. */
import { Digester } from '../../store/digest.ts';
import type { Descriptor, Store } from '../../store/store.ts';

export interface EntryBlob {
  readonly descriptor: Descriptor;
  /** The bytes, in pieces that stay as they are. */
  readonly pieces: readonly Buffer[];
}

/** Up to here a copy in one piece costs little, and goes in one request. */
const WHOLE_BYTES = 8 * 1024 * 1024;

export function entryBlob(mediaType: string, pieces: readonly Buffer[]): EntryBlob {
  const digester = new Digester();
  for (const piece of pieces) digester.update(piece);
  return { descriptor: { mediaType, digest: digester.digest(), size: digester.size }, pieces };
}

/** Sends the blob unless it is there. The index of a million files is not copied for that. Returns the bytes sent. */
export async function sendBlob(
  store: Store,
  { descriptor, pieces }: EntryBlob,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { mediaType, digest, size } = descriptor;
  if (size <= WHOLE_BYTES) return (await store.putBlob(digest, Buffer.concat(pieces), signal)) ? size : 0;
  if (await store.hasBlob(digest, signal)) return 0;
  const source = async (write: (chunk: Uint8Array) => Promise<void>): Promise<void> => {
    for (const piece of pieces) await write(piece);
  };
  await store.writeBlob(mediaType, source, signal);
  return size;
}

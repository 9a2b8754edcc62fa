import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { encodePath } from './file-names.ts';

export interface FileDigest {
  /** Bytes that were read. */
  readonly size: number;
  /** SHA-256 of them, in hex. */
  readonly sha256: string;
}

const CHUNK_BYTES = 1024 * 1024;

/** Reads a file of any size in chunks. */
export async function digestFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const file = await open(encodePath(path));
  try {
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, (await file.stat()).size + 1));
    const hash = createHash('sha256');
    let size = 0;
    for (;;) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(chunk, 0, chunk.length);
      if (bytesRead === 0) return { size, sha256: hash.digest('hex') };
      hash.update(chunk.subarray(0, bytesRead));
      size += bytesRead;
    }
  } finally {
    await file.close();
  }
}

import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { encodePath, printablePath } from './file-names.ts';

export interface FileDigest {
  /** Bytes that were read. */
  readonly size: number;
  /** SHA-256 of them, in hex. */
  readonly sha256: string;
}

const CHUNK_BYTES = 1024 * 1024;
/** Flags of the open: others may work in the workspace, and a pipe that has come in the place of the file is not waited for. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

/** Reads a file of any size in chunks. Throws `Unreadable` for what is no file by now. */
export async function digestFile(path: string, signal?: AbortSignal): Promise<FileDigest> {
  const file = await open(encodePath(path), FLAGS);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) {
      throw new CacheError(ERROR_CODES.Unreadable, `${printablePath(path)} was a file to hash, and is none any more.`);
    }
    const chunk = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, stats.size + 1));
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

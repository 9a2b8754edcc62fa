/**
 * The index blobs of the entry that a workspace equals, beside its stat cache: the next entry builds upon them as a rule, so that
 * only its newest delta has to be fetched. They are named by their digests and believed for nothing else.
 */
import * as fs from 'node:fs';
import { RESERVED_NAME } from '../../archive/format.ts';
import { readOwnFile } from '../../archive/files/own-file.ts';
import { fsPath, toByteString } from '../../archive/paths/path.ts';
import type { Selection } from '../../archive/paths/selection.ts';
import { sha256 } from '../../store/digest.ts';
import { INDEX_BYTES } from './entry-limits.ts';

/** A blob in pieces, in memory. */
export type BlobPieces = readonly Uint8Array[];

export class KeptIndices {
  readonly #directory: string;
  /** Names the blobs of one selection of paths. */
  readonly #prefix: string;

  constructor(dir: string, selection: Selection) {
    this.#directory = `${toByteString(dir)}/${RESERVED_NAME}`;
    this.#prefix = `index-${selection.key}-`;
  }

  /** The blob, or nothing. A broken one makes room for another. */
  read(digest: string): Uint8Array | undefined {
    try {
      const bytes = readOwnFile(fsPath(this.#path(digest)), INDEX_BYTES);
      if (bytes === undefined || sha256(bytes) === digest) return bytes;
      fs.rmSync(fsPath(this.#path(digest)));
    } catch {
      // The workspace has no such file.
    }
    return undefined;
  }

  /**
   * Keeps these and no others; who calls it has the lock of the workspace. Where nothing can be written nothing is kept.
   *
   * @param digests of all blobs of the entry
   * @param blobs those of them that are at hand
   */
  keep(digests: readonly string[], blobs: ReadonlyMap<string, BlobPieces>): void {
    try {
      const names = new Set(digests.map((digest) => this.#name(digest)));
      for (const found of fs.readdirSync(fsPath(this.#directory), { encoding: 'latin1' })) {
        if (found.startsWith(this.#prefix) && !names.has(found)) fs.rmSync(fsPath(`${this.#directory}/${found}`));
      }
      for (const digest of digests) {
        const pieces = blobs.get(digest);
        if (pieces !== undefined && !fs.existsSync(fsPath(this.#path(digest)))) this.#write(digest, pieces);
      }
    } catch {
      // The next fetch reads them from the registry.
    }
  }

  /** Under another name until it is whole; who writes the next stat cache removes what a killed process left of that. */
  #write(digest: string, pieces: BlobPieces): void {
    const temporary = `${this.#path(digest)}.${process.pid}`;
    try {
      const file = fs.openSync(fsPath(temporary), 'wx', 0o600);
      try {
        for (const piece of pieces) fs.writeFileSync(file, piece);
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(fsPath(temporary), fsPath(this.#path(digest)));
    } catch (error) {
      fs.rmSync(fsPath(temporary), { force: true });
      throw error;
    }
  }

  #path(digest: string): string {
    return `${this.#directory}/${this.#name(digest)}`;
  }

  #name(digest: string): string {
    return `${this.#prefix}${digest.replace(/^sha256:/, '')}`;
  }
}

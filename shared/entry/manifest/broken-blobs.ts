/**
 * Blobs and manifests that the registry does not give as they were: a fetch notes them in the workspace, and the next upload does not
 * build upon them. A registry believes that it has them, and keeps what it has: other bytes are sent instead (docs/adr/0034).
 */
import * as fs from 'node:fs';
import { RESERVED_NAME } from '../../archive/format.ts';
import { readOwnFile } from '../../archive/files/own-file.ts';
import { fsPath, parentOf, toByteString } from '../../archive/paths/path.ts';

/** Only the latest ones are kept: a workspace with more of them has other problems. */
const MAX_DIGESTS = 256;
/** The longest file: a digest is a line of less than a hundred bytes. */
const MAX_BYTES = MAX_DIGESTS * 100;

export class BrokenBlobs {
  readonly #path: string;
  readonly #digests: Set<string>;
  readonly #met = new Set<string>();

  private constructor(path: string, digests: Iterable<string>) {
    this.#path = path;
    this.#digests = new Set(digests);
  }

  /** The digests that are noted in a workspace. The caller has its lock. */
  static of(dir: string): BrokenBlobs {
    const path = `${toByteString(dir)}/${RESERVED_NAME}/broken`;
    return new BrokenBlobs(path, readDigests(path));
  }

  /** Is the blob known to be broken? Then it counts as met by this upload. */
  meets(digest: string): boolean {
    if (!this.#digests.has(digest)) return false;
    this.#met.add(digest);
    return true;
  }

  /** A blob that was found broken just now. It counts as met, too. */
  add(digest: string): void {
    this.#digests.add(digest);
    this.#met.add(digest);
  }

  /** The upload met one: what it sends has to have other digests. */
  get areMet(): boolean {
    return this.#met.size > 0;
  }

  /** Notes them in the workspace; where nothing can be written, the next fetch finds them again. */
  keep(): void {
    this.#write([...this.#digests].slice(-MAX_DIGESTS));
  }

  /** An entry without the met ones was made: nobody has to know of them any more. */
  forgetMet(): void {
    if (this.#met.size > 0) this.#write([...this.#digests].filter((digest) => !this.#met.has(digest)));
  }

  #write(digests: readonly string[]): void {
    try {
      // Never through a link that the workspace came with.
      if (!fs.lstatSync(fsPath(parentOf(this.#path))).isDirectory()) return;
      fs.rmSync(fsPath(this.#path), { force: true });
      if (digests.length > 0)
        fs.writeFileSync(fsPath(this.#path), `${digests.join('\n')}\n`, { mode: 0o600, flag: 'wx' });
    } catch {
      // See keep().
    }
  }
}

/** A half line of a killed process is no digest of anything. */
function readDigests(path: string): readonly string[] {
  return readOwnFile(fsPath(path), MAX_BYTES)?.toString('latin1').split('\n').filter(Boolean) ?? [];
}

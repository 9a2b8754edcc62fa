import { createHash, hash } from 'node:crypto';

export function sha256(bytes: Uint8Array): string {
  return `sha256:${hash('sha256', bytes)}`;
}

/** The digest of bytes that come in pieces. */
export class Digester {
  readonly #hash = createHash('sha256');
  #size = 0;
  #digest: string | undefined;

  get size(): number {
    return this.#size;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#size += bytes.length;
  }

  /** The digest of all bytes so far, `sha256:` and 64 hex digits. No bytes can be added after it. */
  digest(): string {
    return (this.#digest ??= `sha256:${this.#hash.digest('hex')}`);
  }
}

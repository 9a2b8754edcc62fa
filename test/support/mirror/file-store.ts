import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import { MirrorError } from './answer.ts';

/** What an upstream server said when it did not deliver. */
class UpstreamError extends MirrorError {
  constructor(url: URL, status: number, reason: string) {
    // The upstream's address is this machine's own configuration and may carry a password.
    super(`upstream answered ${status} to ${url.pathname}${reason === '' ? '' : `: ${reason}`}`, status);
    this.name = 'UpstreamError';
  }
}

const download = async (url: URL, headers: Readonly<Record<string, string>>): Promise<Buffer> => {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(120_000) }).catch((error: unknown) => {
    throw new UpstreamError(url, 502, error instanceof Error ? error.message : String(error));
  });
  if (!response.ok) throw new UpstreamError(url, response.status, '');
  return Buffer.from(await response.arrayBuffer());
};

interface StoredRequest {
  /** Below the store's directory. */
  readonly path: string;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** After so many milliseconds it is asked for again; for ever when left out. */
  readonly maxAge?: number;
}

/** Files that were downloaded once. Requests for the same file at the same time share one download. */
export class FileStore {
  readonly #directory: string;
  readonly #running = new Map<string, Promise<Buffer>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async read(request: StoredRequest): Promise<Buffer> {
    const file = join(this.#directory, request.path);
    const age = await stat(file).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => Number.POSITIVE_INFINITY,
    );
    if (age <= (request.maxAge ?? Number.MAX_VALUE)) return readFile(file);
    const running = this.#running.get(file) ?? this.#fetch(request, file);
    this.#running.set(file, running);
    try {
      return await running;
    } catch (error) {
      // What is old is better than nothing.
      if (Number.isFinite(age)) return readFile(file);
      throw error;
    } finally {
      this.#running.delete(file);
    }
  }

  async #fetch({ url, headers = {} }: StoredRequest, file: string): Promise<Buffer> {
    const content = await download(url, headers);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(`${file}.new`, content);
    await rename(`${file}.new`, file);
    return content;
  }
}

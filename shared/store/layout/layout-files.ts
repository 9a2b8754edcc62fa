/** The files of an OCI layout. Each gets its name when it is whole, so readers need no lock. */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { open, rename, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { makeDirectories } from '../../make-directories.ts';
import { isDigest } from '../reference.ts';
import { isAbsent } from './layout-failure.ts';
import { EMPTY_INDEX, parseIndex } from './layout-index.ts';
import type { LayoutIndex } from './layout-index.ts';
import { withLock } from './layout-lock.ts';

/** Flags of each open: a layout may lie in a workspace, where others may have put a pipe or a device in the place of a file, which is neither waited for nor read. */
const FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;
/** Enough for some hundred thousand tags. */
const MAX_INDEX_BYTES = 64 * 1024 * 1024;

const LAYOUT_MARK = JSON.stringify({ imageLayoutVersion: '1.0.0' });

export class LayoutFiles {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  blobFile(digest: string): string {
    return join(this.#dir, 'blobs', digest.replace(':', '/'));
  }

  /** Bytes of a blob; nothing when it is not there. */
  async sizeOf(digest: string): Promise<number | undefined> {
    if (!isDigest(digest)) return undefined;
    const stats = await stat(this.blobFile(digest)).catch(absent);
    return stats?.isFile() === true ? stats.size : undefined;
  }

  async has(digest: string): Promise<boolean> {
    return (await this.sizeOf(digest)) !== undefined;
  }

  /** Opens a blob; undefined where the layout does not have it. */
  async openBlob(digest: string): Promise<FileHandle | undefined> {
    return await openFile(this.blobFile(digest));
  }

  /** Makes a blob: `write` fills a temporary file and says its digest, which becomes its name. */
  async create(write: (temporary: string) => Promise<string>): Promise<void> {
    makeDirectories(join(this.#dir, 'blobs', 'sha256'));
    await this.#writeMark();
    const temporary = join(this.#dir, 'blobs', `.new-${randomUUID()}`);
    try {
      await rename(temporary, this.blobFile(await write(temporary)));
    } finally {
      await rm(temporary, { force: true });
    }
  }

  async readIndex(): Promise<LayoutIndex> {
    const file = join(this.#dir, 'index.json');
    await using opened = await openFile(file);
    if (opened === undefined && !(await exists(file))) return EMPTY_INDEX;
    const isTooLong = opened !== undefined && (await opened.stat()).size > MAX_INDEX_BYTES;
    const index = opened === undefined || isTooLong ? undefined : parseIndex(await opened.readFile('utf8'));
    if (!index) throw new CacheError(ERROR_CODES.InvalidImage, `${file} is not the index of an OCI layout`);
    return index;
  }

  /** Writers take turns. */
  async changeIndex(change: (index: LayoutIndex) => LayoutIndex, signal: AbortSignal | undefined): Promise<void> {
    await withLock(
      join(this.#dir, 'index.json.lock'),
      async () => await this.#replace('index.json', JSON.stringify(change(await this.readIndex()))),
      { signal },
    );
  }

  async #writeMark(): Promise<void> {
    if (await exists(join(this.#dir, 'oci-layout'))) return;
    await this.#replace('oci-layout', LAYOUT_MARK);
  }

  async #replace(name: string, text: string): Promise<void> {
    const temporary = join(this.#dir, `.new-${randomUUID()}`);
    try {
      await writeFile(temporary, text, { flag: 'wx', flush: true });
      await rename(temporary, join(this.#dir, name));
    } finally {
      await rm(temporary, { force: true });
    }
  }
}

/** Opens a file; undefined where there is none. The caller closes it. */
async function openFile(path: string): Promise<FileHandle | undefined> {
  const file = await open(path, FLAGS).catch(absent);
  if (file === undefined || (await file.stat()).isFile()) return file;
  await file.close();
  return undefined;
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(absent)) !== undefined;
}

/** Returns undefined for a file that does not exist, and throws any other error. */
function absent(error: unknown): undefined {
  if (!isAbsent(error)) throw error;
  return undefined;
}

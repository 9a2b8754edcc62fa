import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';

import { cacheDirectory } from '../../cache-directory.ts';
import { runCommand } from '../../command.ts';
import type { CachedLayer } from '../cached-layer.ts';
import { readCachedLayer } from '../cached-layer.ts';

const TAR_MS = 300_000;
/** All files belong to root and have one time, so that equal content has an equal digest. */
const SAME = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];

/** The layer that was made for `key` before, or else one of what `fill` puts into an empty directory. */
export const directoryLayer = async (key: string, fill: (directory: string) => Promise<void>): Promise<CachedLayer> => {
  const directory = cacheDirectory('layers', key);
  if (!existsSync(directory)) {
    const partial = `${directory}.${process.pid}`;
    const root = `${partial}.root`;
    await mkdir(partial, { recursive: true });
    await mkdir(root, { recursive: true });
    try {
      await fill(root);
      await pack(root, partial);
      await rename(partial, directory);
    } finally {
      for (const path of [partial, root]) await rm(path, { recursive: true, force: true });
    }
  }
  return await readCachedLayer(directory);
};

/** Leaves `layer.tar.gz` and `layer.json` in `directory`. */
const pack = async (root: string, directory: string): Promise<void> => {
  const tar = join(directory, 'layer.tar');
  const file = join(directory, 'layer.tar.gz');
  await runCommand('tar', ['--create', `--file=${tar}`, `--directory=${root}`, ...SAME, '.'], { timeout: TAR_MS });
  // Pulled once, on the same machine.
  await pipeline(createReadStream(tar), createGzip({ level: 1 }), createWriteStream(file));
  const layer = {
    digest: await digestOf(file),
    diffId: await digestOf(tar),
    size: (await stat(file)).size,
    uncompressedSize: (await stat(tar)).size,
  };
  await writeFile(join(directory, 'layer.json'), JSON.stringify(layer));
  await rm(tar);
};

const digestOf = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return `sha256:${hash.digest('hex')}`;
};

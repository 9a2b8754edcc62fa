import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cacheDirectory } from '../cache-directory.ts';
import type { LayerSummary } from './layout.ts';
import { blobPath } from './layout.ts';
import type { LayerEntries } from './tar-layer.ts';
import { layerOf } from './tar-layer.ts';

/** A compressed layer in a file of the cache. */
export interface CachedLayer extends LayerSummary {
  readonly file: string;
  readonly uncompressedSize: number;
}

/** The layer that was made for `key` before, or else a new one. `key` names everything that the content depends on. */
export const cachedLayer = async (key: string, entries: () => Promise<LayerEntries>): Promise<CachedLayer> => {
  const directory = cacheDirectory('layers', key);
  if (!existsSync(directory)) {
    // Compressed once and pulled often.
    const { compressed, ...layer } = layerOf(await entries(), 9);
    const partial = `${directory}.${process.pid}`;
    await mkdir(partial, { recursive: true });
    try {
      await writeFile(join(partial, 'layer.tar.gz'), compressed);
      await writeFile(join(partial, 'layer.json'), JSON.stringify({ ...layer, size: compressed.length }));
      await rename(partial, directory);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  }
  return await readCachedLayer(directory);
};

/** A layer whose directory is complete. */
export const readCachedLayer = async (directory: string): Promise<CachedLayer> => {
  const layer: Omit<CachedLayer, 'file'> = JSON.parse(await readFile(join(directory, 'layer.json'), 'utf8'));
  return { ...layer, file: join(directory, 'layer.tar.gz') };
};

export const putCachedLayer = async (layout: string, layer: CachedLayer): Promise<LayerSummary> => {
  await copyFile(layer.file, blobPath(layout, layer.digest));
  return { digest: layer.digest, diffId: layer.diffId, size: layer.size };
};

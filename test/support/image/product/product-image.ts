import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CachedLayer } from '../cached-layer.ts';
import { cachedLayer, putCachedLayer } from '../cached-layer.ts';
import type { Descriptor, ImageConfig } from '../layout.ts';
import { createLayout, putImage, putLayer } from '../layout.ts';
import type { LayerEntries } from '../tar-layer.ts';
import { layerOf } from '../tar-layer.ts';
import { productEntries } from './bundle.ts';
import { dependenciesKey, dependencyEntries } from './dependencies.ts';
import { nodeRuntime } from './node-runtime.ts';

/** The Containerfile says the same; a test compares the two. */
export const PRODUCT_CONFIG: ImageConfig = {
  // Without arguments the command line shows its help. Pods name their own command.
  Entrypoint: ['node', '/app/shared/cli/tekton-cache.js'],
  Env: [
    'PATH=/usr/local/bin',
    'NODE_ENV=production',
    // A container starts once: what Node writes for its next start takes 20 ms and is never read.
    'NODE_DISABLE_COMPILE_CACHE=1',
    // Frames of 16 MiB come and go: with huge pages that takes a tenth less time.
    'GLIBC_TUNABLES=glibc.malloc.hugetlb=1',
  ],
  User: '65532:65532',
  WorkingDir: '/app',
};

const repositoryOf = (): string => join(import.meta.dirname, '..', '..', '..', '..');

const compressedSize = (layers: readonly { readonly size: number }[]): number =>
  layers.reduce((sum, { size }) => sum + size, 0);

export interface BuiltImage {
  readonly descriptor: Descriptor;
  /** Bytes to pull. */
  readonly size: number;
  /** Bytes on the disk of a node. */
  readonly uncompressedSize: number;
}

const cachedLayers = async (): Promise<readonly CachedLayer[]> => {
  const runtime = await nodeRuntime();
  return [
    await cachedLayer(runtime.key, runtime.entries),
    await cachedLayer(await dependenciesKey(repositoryOf()), () => dependencyEntries(repositoryOf())),
  ];
};

/** Builds the image into a layout of its own. Only the layer with the product's own files is made anew each time. */
export const buildProductImage = async (layout: string, name: string): Promise<BuiltImage> => {
  const cached = await cachedLayers();
  const own = layerOf(await productEntries(repositoryOf()), 6);
  await createLayout(layout);
  const layers = [
    ...(await Promise.all(cached.map((layer) => putCachedLayer(layout, layer)))),
    await putLayer(layout, own),
  ];
  const manifest: { readonly version: string } = JSON.parse(
    await readFile(join(repositoryOf(), 'package.json'), 'utf8'),
  );
  const config = { ...PRODUCT_CONFIG, Labels: { 'org.opencontainers.image.version': manifest.version } };
  const descriptor = await putImage(layout, layers, config, name);
  const uncompressedSize = own.uncompressedSize + cached.reduce((sum, layer) => sum + layer.uncompressedSize, 0);
  return { descriptor, size: compressedSize(layers), uncompressedSize };
};

/** Everything in the image, for builders that make images of directories. */
export const productTree = async (): Promise<LayerEntries> => {
  const runtime = await nodeRuntime();
  const parts = [
    await runtime.entries(),
    await dependencyEntries(repositoryOf()),
    await productEntries(repositoryOf()),
  ];
  return new Map(parts.flatMap((entries) => [...entries]));
};

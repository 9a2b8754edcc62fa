import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { CachedLayer } from '../cached-layer.ts';
import { cachedLayer, putCachedLayer } from '../cached-layer.ts';
import type { Architecture, Descriptor, ImageConfig, LayerSummary } from '../layout.ts';
import { createLayout, putImage, putIndex, putLayer } from '../layout.ts';
import type { LayerEntries } from '../tar-layer.ts';
import { layerOf } from '../tar-layer.ts';
import { productEntries } from './bundle.ts';
import { dependenciesKey, dependencyEntries } from './dependencies.ts';
import { debianNodeRuntime } from './debian-node-runtime.ts';
import { nodeRuntime } from './node-runtime.ts';
import type { NodeRuntime } from './node-runtime.ts';

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
    // What a thread gives back goes to the kernel, or to the next one (docs/adr/0079).
    'GLIBC_TUNABLES=glibc.malloc.hugetlb=1:glibc.malloc.mmap_threshold=1048576:glibc.malloc.trim_threshold=2097152:glibc.malloc.arena_max=4',
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

/** Node, and the production dependencies, which are JavaScript alone and so the same for every architecture. */
const cachedLayers = async (runtime: NodeRuntime): Promise<readonly CachedLayer[]> => {
  return [
    await cachedLayer(runtime.key, runtime.entries),
    await cachedLayer(await dependenciesKey(repositoryOf()), () => dependencyEntries(repositoryOf())),
  ];
};

const configWithVersion = async (): Promise<ImageConfig> => {
  const manifest: { readonly version: string } = JSON.parse(
    await readFile(join(repositoryOf(), 'package.json'), 'utf8'),
  );
  return { ...PRODUCT_CONFIG, Labels: { 'org.opencontainers.image.version': manifest.version } };
};

/** Builds the image into a layout of its own. Only the layer with the product's own files is made anew each time. */
export const buildProductImage = async (layout: string, name: string): Promise<BuiltImage> => {
  const cached = await cachedLayers(await nodeRuntime());
  const own = layerOf(await productEntries(repositoryOf()), 6);
  await createLayout(layout);
  const layers = [
    ...(await Promise.all(cached.map((layer) => putCachedLayer(layout, layer)))),
    await putLayer(layout, own),
  ];
  const descriptor = await putImage(layout, layers, await configWithVersion(), name);
  const uncompressedSize = own.uncompressedSize + cached.reduce((sum, layer) => sum + layer.uncompressedSize, 0);
  return { descriptor, size: compressedSize(layers), uncompressedSize };
};

/** Builds one image for each architecture into a layout of its own, under one index. Returns the descriptor of the index. */
export const buildReleaseImage = async (
  layout: string,
  name: string,
  architectures: readonly Architecture[],
): Promise<Descriptor> => {
  const own = layerOf(await productEntries(repositoryOf()), 6);
  await createLayout(layout);
  const ownLayer = await putLayer(layout, own);
  const images = new Map<Architecture, readonly LayerSummary[]>();
  for (const architecture of architectures) {
    const cached = await cachedLayers(await debianNodeRuntime(architecture));
    const below = await Promise.all(cached.map((layer) => putCachedLayer(layout, layer)));
    images.set(architecture, [...below, ownLayer]);
  }
  return await putIndex(layout, images, await configWithVersion(), name);
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

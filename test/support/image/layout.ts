import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import type { Layer } from './tar-layer.ts';
import { sha256 } from './tar-layer.ts';

const MEDIA_TYPES = {
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
} as const;

/** Process settings of an image, in the names of the OCI image specification. */
export interface ImageConfig {
  readonly Entrypoint?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Env?: readonly string[];
  /** Numeric, or the kubelet cannot verify `runAsNonRoot`. */
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
}

export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
}

export interface Manifest {
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

/** Of OCI, Debian and Go. */
export type Architecture = 'amd64' | 'arm64';

const HOST_ARCHITECTURE: Architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';

const EPOCH = '1970-01-01T00:00:00Z';

/** What a layer contributes to an image when its content is in the layout already. */
export type LayerSummary = Pick<Layer, 'digest' | 'diffId'> & { readonly size: number };

export const blobPath = (layout: string, digest: string): string => join(layout, 'blobs', ...digest.split(':'));

const put = async (layout: string, mediaType: string, content: Buffer): Promise<Descriptor> => {
  const digest = sha256(content);
  await writeFile(blobPath(layout, digest), content);
  return { mediaType, digest, size: content.length };
};

/** Empties the directory and makes it an OCI layout without images. */
export const createLayout = async (layout: string): Promise<void> => {
  await rm(layout, { recursive: true, force: true });
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(layout, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
};

export const putLayer = async (layout: string, layer: Layer): Promise<LayerSummary> => {
  await writeFile(blobPath(layout, layer.digest), layer.compressed);
  return { digest: layer.digest, diffId: layer.diffId, size: layer.compressed.length };
};

/** One image of layers that are in the layout. Its manifest is a blob until `putIndex` or `nameImage` names it. */
const putManifest = async (
  layout: string,
  layers: readonly LayerSummary[],
  config: ImageConfig,
  architecture: Architecture,
): Promise<Descriptor> => {
  const configContent = {
    architecture,
    os: 'linux',
    created: EPOCH,
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(() => ({ created: EPOCH, created_by: 'tekton-cache' })),
  };
  const manifestContent = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config: await put(layout, MEDIA_TYPES.config, Buffer.from(JSON.stringify(configContent))),
    layers: layers.map(({ digest, size }) => ({ mediaType: MEDIA_TYPES.layer, digest, size })),
  };
  return await put(layout, MEDIA_TYPES.manifest, Buffer.from(JSON.stringify(manifestContent)));
};

/** The layout's only image, or index of images. */
const nameImage = async (layout: string, image: Descriptor, name: string): Promise<void> => {
  const annotations = { 'org.opencontainers.image.ref.name': name };
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests: [{ ...image, annotations }] };
  await writeFile(join(layout, 'index.json'), JSON.stringify(index));
};

/** Makes an image for this machine of layers that are in the layout; it becomes the layout's only image. Returns its descriptor. */
export const putImage = async (
  layout: string,
  layers: readonly LayerSummary[],
  config: ImageConfig,
  name: string,
): Promise<Descriptor> => {
  const manifest = await putManifest(layout, layers, config, HOST_ARCHITECTURE);
  await nameImage(layout, manifest, name);
  return manifest;
};

/** Makes one index of an image for each architecture; it becomes the layout's only image. Returns the descriptor of the index. */
export const putIndex = async (
  layout: string,
  images: ReadonlyMap<Architecture, readonly LayerSummary[]>,
  config: ImageConfig,
  name: string,
): Promise<Descriptor> => {
  const manifests: object[] = [];
  for (const [architecture, layers] of images) {
    const manifest = await putManifest(layout, layers, config, architecture);
    manifests.push({ ...manifest, platform: { architecture, os: 'linux' } });
  }
  const content = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
  const index = await put(layout, MEDIA_TYPES.index, Buffer.from(JSON.stringify(content)));
  await nameImage(layout, index, name);
  return index;
};

const isManifest = (value: unknown): value is Manifest =>
  typeof value === 'object' && value !== null && 'config' in value && 'layers' in value && Array.isArray(value.layers);

const isIndex = (value: unknown): value is { readonly manifests: readonly [Descriptor] } =>
  typeof value === 'object' && value !== null && 'manifests' in value && Array.isArray(value.manifests);

/** The one image of a layout. */
export const readImage = async (
  layout: string,
): Promise<{ readonly descriptor: Descriptor; readonly manifest: Manifest }> => {
  const index: unknown = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
  if (!isIndex(index) || index.manifests.length !== 1) throw new Error(`${layout} is not a layout with one image`);
  const [descriptor] = index.manifests;
  const manifest: unknown = JSON.parse(await readFile(blobPath(layout, descriptor.digest), 'utf8'));
  if (!isManifest(manifest)) throw new Error(`the image of ${layout} is not an image manifest`);
  return { descriptor, manifest };
};

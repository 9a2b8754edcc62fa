import { hash } from 'node:crypto';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import type { Descriptor, Store } from '../../../shared/store/store.ts';

export const OCI = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  plain: 'application/vnd.oci.image.layer.v1.tar',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
} as const;
export const DOCKER = {
  manifest: 'application/vnd.docker.distribution.manifest.v2+json',
  config: 'application/vnd.docker.container.image.v1+json',
  gzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
} as const;

export interface ImageLayer {
  readonly mediaType: string;
  readonly bytes: Buffer;
  readonly annotations?: Readonly<Record<string, string>>;
}

export const plain = (tar: Buffer): ImageLayer => ({ mediaType: OCI.plain, bytes: tar });
export const gzip = (tar: Buffer): ImageLayer => ({ mediaType: OCI.gzip, bytes: gzipSync(tar) });
export const zstd = (tar: Buffer): ImageLayer => ({ mediaType: OCI.zstd, bytes: zstdCompressSync(tar) });

export async function putBytes(store: Store, bytes: Buffer, mediaType: string): Promise<Descriptor> {
  const digest = `sha256:${hash('sha256', bytes, 'hex')}`;
  await store.putBlob(digest, bytes);
  return { mediaType, digest, size: bytes.length };
}

/** An image as any tool would push it, below a tag. */
export async function putImage(
  store: Store,
  reference: string,
  layers: readonly ImageLayer[],
  types: { readonly manifest: string; readonly config: string } = OCI,
): Promise<Descriptor> {
  const config = await putBytes(store, Buffer.from('{}'), types.config);
  const described = [];
  for (const { bytes, mediaType, annotations } of layers) {
    described.push({ ...(await putBytes(store, bytes, mediaType)), annotations });
  }
  return putJson(store, reference, types.manifest, {
    schemaVersion: 2,
    mediaType: types.manifest,
    config,
    layers: described,
  });
}

export function putJson(store: Store, reference: string, mediaType: string, value: unknown): Promise<Descriptor> {
  return store.putManifest(reference, mediaType, Buffer.from(JSON.stringify(value)));
}

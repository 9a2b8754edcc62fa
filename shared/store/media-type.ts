/** Media types of the image specification: https://github.com/opencontainers/image-spec/blob/v1.1.0/media-types.md */
export const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
export const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json';

/**
 * The media type of a manifest: as the store says, or as the manifest itself does where the store has nothing to say. Without
 * any it is a manifest of OCI, in which the field is optional.
 */
export function manifestMediaType(said: string | undefined, bytes: Uint8Array): string {
  const mediaType = said?.split(';')[0]?.trim() ?? '';
  const unspecific = mediaType === '' || mediaType === 'application/json' || mediaType === 'application/octet-stream';
  return (unspecific ? ownMediaType(bytes) : undefined) ?? (mediaType || MANIFEST_TYPE);
}

function ownMediaType(bytes: Uint8Array): string | undefined {
  try {
    const manifest: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const own: unknown =
      typeof manifest === 'object' && manifest !== null ? Reflect.get(manifest, 'mediaType') : undefined;
    return typeof own === 'string' ? own : undefined;
  } catch {
    return undefined;
  }
}

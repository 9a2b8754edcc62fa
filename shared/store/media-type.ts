/** The media type of a manifest: as the store says, or as the manifest itself does where the store has nothing to say. */
export function manifestMediaType(said: string | undefined, bytes: Uint8Array): string {
  const mediaType = said?.split(';')[0]?.trim() ?? '';
  const unspecific = mediaType === '' || mediaType === 'application/json' || mediaType === 'application/octet-stream';
  return (unspecific ? ownMediaType(bytes) : undefined) ?? (mediaType || OCI_MANIFEST);
}

/** What a manifest without any media type is: the field is optional in OCI's. */
const OCI_MANIFEST = 'application/vnd.oci.image.manifest.v1+json';

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

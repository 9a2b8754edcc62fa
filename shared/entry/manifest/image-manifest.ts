/** Manifests of ordinary images: which one of an index is meant, and which layers to restore. */
import { BlobError, CacheError, ERROR_CODES } from '../../errors.ts';
import { INDEX_TYPE, MANIFEST_TYPE } from '../../store/media-type.ts';
import { isDigest } from '../../store/reference.ts';
import type { Descriptor, Store, StoredManifest } from '../../store/store.ts';

const MANIFESTS: ReadonlySet<string> = new Set([MANIFEST_TYPE, 'application/vnd.docker.distribution.manifest.v2+json']);
const INDICES: ReadonlySet<string> = new Set([INDEX_TYPE, 'application/vnd.docker.distribution.manifest.list.v2+json']);
const LAYERS =
  /^application\/vnd\.(oci\.image\.layer\.(nondistributable\.)?v1\.tar(\+gzip|\+zstd)?|docker\.image\.rootfs\.(foreign\.)?diff\.tar(\.gzip|\.zstd)?)$/;
/** The config of a build cache of BuildKit: its layers are of many steps, and no tree together. */
const BUILD_CACHE = 'application/vnd.buildkit.cacheconfig.v0';
/** Tools such as oras call layers by the names of files (image-spec, annotations.md); of directories, which they pack, the second one tells. */
const TITLE = 'org.opencontainers.image.title';
const UNPACK = 'io.deis.oras.content.unpack';
/** Overlay file systems take about as many. */
const MAX_IMAGE_LAYERS = 128;
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

type Json = Readonly<Record<string, unknown>>;

/** An index may lead to another one, at most so deep. */
const MAX_INDICES = 4;

export interface ImageLayer extends Descriptor {
  /** The layer may be this file alone, and no tar, whatever its media type says. */
  readonly file?: string;
}

/** What a reference leads to: the manifest itself, or of an index the one for this platform. It may be an entry of ours. */
export async function imageManifest(
  store: Store,
  stored: StoredManifest,
  signal?: AbortSignal,
): Promise<StoredManifest> {
  let found = stored;
  for (let indices = 0; ; indices++) {
    const manifest = parse(found);
    if (!INDICES.has(mediaTypeOf(found, manifest))) return found;
    if (indices === MAX_INDICES) invalid(`more than ${MAX_INDICES} indices lead to it`);
    const digest = digestForPlatform(listOf(manifest['manifests'], 'manifests'));
    const inner = await store.getManifest(digest, signal);
    if (inner === undefined)
      throw new BlobError(ERROR_CODES.NotFound, `The image lacks its manifest ${digest}.`, digest);
    found = inner;
  }
}

/** The layers of an image, the lowest first. */
export function imageLayers(stored: StoredManifest): ImageLayer[] {
  const manifest = parse(stored);
  const mediaType = mediaTypeOf(stored, manifest);
  if (!MANIFESTS.has(mediaType)) invalid(`its media type is ${JSON.stringify(mediaType.slice(0, 100))}`);
  if (objectOf(manifest['config'])['mediaType'] === BUILD_CACHE)
    invalid('it is a build cache of BuildKit, and no tree');
  const layers = listOf(manifest['layers'], 'layers');
  if (layers.length === 0) invalid('it has no layers');
  if (layers.length > MAX_IMAGE_LAYERS) invalid(`it has ${layers.length} layers, and ${MAX_IMAGE_LAYERS} are allowed`);
  return layers.map(toLayer);
}

function toLayer({ mediaType, digest, size, annotations }: Json): ImageLayer {
  if (typeof mediaType !== 'string' || !LAYERS.test(mediaType)) {
    return invalid(`a layer has the media type ${JSON.stringify(String(mediaType).slice(0, 100))}`);
  }
  if (!isDigest(digest)) return invalid('a layer has no sha256 digest');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return invalid('a layer has no size');
  const { [TITLE]: title, [UNPACK]: unpack } = objectOf(annotations);
  return { mediaType, digest, size, ...(typeof title === 'string' && unpack !== 'true' ? { file: title } : {}) };
}

function digestForPlatform(manifests: readonly Json[]): string {
  const { arch, platform } = process;
  const architecture = ARCHITECTURES[arch] ?? arch;
  const fits = manifests.find((entry) => {
    const wanted = objectOf(entry['platform']);
    return wanted['os'] === platform && wanted['architecture'] === architecture;
  });
  const images = manifests.filter((entry) => isManifest(entry) && !isAbout(entry));
  const chosen = fits ?? (images.length === 1 ? images[0] : undefined);
  const digest = chosen?.['digest'];
  return isDigest(digest) ? digest : invalid(`it has no manifest for ${platform}/${architecture}`);
}

/** An index may list blobs as well. */
function isManifest({ mediaType }: Json): boolean {
  return typeof mediaType === 'string' && (MANIFESTS.has(mediaType) || INDICES.has(mediaType));
}

/** Attestations, signatures and the like are about an image, and are none. */
function isAbout({ artifactType, annotations, platform: wanted }: Json): boolean {
  const isReference = objectOf(annotations)['vnd.docker.reference.type'] !== undefined;
  return artifactType !== undefined || isReference || objectOf(wanted)['os'] === 'unknown';
}

function mediaTypeOf({ descriptor }: StoredManifest, manifest: Json): string {
  const own = manifest['mediaType'];
  return typeof own === 'string' ? own : descriptor.mediaType;
}

function parse({ bytes }: StoredManifest): Json {
  try {
    return objectOf(JSON.parse(Buffer.from(bytes).toString('utf8')));
  } catch (error) {
    throw new CacheError(ERROR_CODES.InvalidImage, 'The manifest of the image is not JSON.', { cause: error });
  }
}

function listOf(value: unknown, what: string): Json[] {
  return Array.isArray(value) ? value.map(objectOf) : invalid(`it has no list of ${what}`);
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};
}

function invalid(problem: string): never {
  throw new CacheError(ERROR_CODES.InvalidImage, `The image cannot be restored: ${problem}.`);
}

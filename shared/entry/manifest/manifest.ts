/** The manifest of an entry (docs/format.md, section 1). */
import { FORMAT_VERSION, MAX_DELTAS, MAX_LAYERS } from '../../archive/format.ts';
import type { Compression } from '../../archive/format.ts';
import { MANIFEST_TYPE } from '../../store/media-type.ts';
import type { Descriptor } from '../../store/store.ts';
import { countOf, descriptorOf, invalid, objectOf, readJson, textsOf } from './entry-json.ts';

export const LAYER_TYPES: Readonly<Record<Compression, string>> = {
  zstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  gzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
};

const PREFIX = 'cache.tekton.dev/';
const ANNOTATIONS = {
  format: `${PREFIX}format`,
  files: `${PREFIX}files`,
  size: `${PREFIX}size`,
} as const;
const LAYER_ANNOTATIONS = {
  role: `${PREFIX}role`,
  layer: `${PREFIX}layer`,
  tar: `${PREFIX}tar`,
  live: `${PREFIX}live`,
  hides: `${PREFIX}hides`,
} as const;
const OWN: ReadonlySet<string> = new Set(Object.values(ANNOTATIONS));

export interface ContentLayer {
  readonly id: number;
  readonly descriptor: Descriptor;
  /** Bytes of its tar, and how many of them belong to live entries. */
  readonly tarSize: number;
  readonly live: number;
  /** Set where the layer may hide something of those before it: it is dropped only together with all of them. */
  readonly hides: boolean;
}

export interface EntryManifest {
  readonly config: Descriptor;
  /** The layers of content, in the order in which they apply. */
  readonly content: readonly ContentLayer[];
  readonly index: Descriptor;
  /** Oldest first. */
  readonly deltas: readonly Descriptor[];
  readonly compression: Compression;
  /** Live entries. */
  readonly files: number;
  /** Bytes of content, every inode once. */
  readonly size: number;
  /** What who uploaded it has to say: all annotations but those of the format. */
  readonly annotations: Readonly<Record<string, string>>;
}

export function writeManifest(entry: EntryManifest): Buffer {
  const layer = (descriptor: Descriptor, annotations: Record<string, string>) => ({
    mediaType: descriptor.mediaType,
    digest: descriptor.digest,
    size: descriptor.size,
    annotations,
  });
  const { mediaType, digest, size } = entry.config;
  const layers = [
    ...entry.content.map(({ id, descriptor, tarSize, live, hides }) =>
      layer(descriptor, {
        [LAYER_ANNOTATIONS.role]: 'content',
        [LAYER_ANNOTATIONS.layer]: String(id),
        [LAYER_ANNOTATIONS.tar]: String(tarSize),
        [LAYER_ANNOTATIONS.live]: String(live),
        ...(hides ? { [LAYER_ANNOTATIONS.hides]: 'true' } : {}),
      }),
    ),
    layer(entry.index, { [LAYER_ANNOTATIONS.role]: 'index' }),
    ...entry.deltas.map((descriptor) => layer(descriptor, { [LAYER_ANNOTATIONS.role]: 'delta' })),
  ];
  const annotations = {
    ...entry.annotations,
    [ANNOTATIONS.format]: String(FORMAT_VERSION),
    [ANNOTATIONS.files]: String(entry.files),
    [ANNOTATIONS.size]: String(entry.size),
  };
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: { mediaType, digest, size },
      layers,
      annotations,
    }),
  );
}

/** What the manifest of an image says, which was an entry once, whatever another tool has made of its layers since. */
export interface EntryOrigin {
  /** Files of the entry, counted at the time of its upload. */
  readonly files: number;
  readonly size: number;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The origin of an entry; undefined for an image that never was one. */
export function readOrigin(bytes: Uint8Array): EntryOrigin | undefined {
  const annotations = textsOf(objectOf(readJson(bytes, 'manifest'), 'the manifest')['annotations']);
  if (annotations[ANNOTATIONS.format] === undefined) return undefined;
  return {
    files: countOf(annotations[ANNOTATIONS.files], 'the number of files'),
    size: countOf(annotations[ANNOTATIONS.size], 'the size'),
    annotations: Object.fromEntries(Object.entries(annotations).filter(([name]) => !OWN.has(name))),
  };
}

/**
 * The entry that a manifest describes; nothing when the image is not of this format, or not any more, as another tool has compressed
 * some layers anew or added one; `InvalidImage` when it only says that it is.
 */
export function readManifest(bytes: Uint8Array): EntryManifest | undefined {
  const origin = readOrigin(bytes);
  if (origin === undefined) return undefined;
  const manifest = objectOf(readJson(bytes, 'manifest'), 'the manifest');
  const annotations = textsOf(manifest['annotations']);
  const version = annotations[ANNOTATIONS.format] ?? '';
  if (version !== String(FORMAT_VERSION)) {
    invalid(`it has format ${JSON.stringify(version.slice(0, 20))}; this program reads ${FORMAT_VERSION}`);
  }
  if (!Array.isArray(manifest['layers'])) invalid('it has no list of layers');
  const layers = manifest['layers'].map(descriptorOf);
  if (layers.some(isOfAnotherTool) || new Set(layers.map(({ mediaType }) => mediaType)).size > 1) return undefined;
  if (layers.length > MAX_LAYERS) invalid(`it has ${layers.length} layers, and ${MAX_LAYERS} are allowed`);
  const roles = layers.map((layer) => layer.annotations?.[LAYER_ANNOTATIONS.role]);
  const indexAt = roles.indexOf('index');
  const deltas = layers.slice(indexAt + 1);
  const orderly =
    indexAt >= 0 &&
    deltas.length <= MAX_DELTAS &&
    roles.every((role, i) => role === (i < indexAt ? 'content' : i === indexAt ? 'index' : 'delta'));
  const index = layers[indexAt];
  if (!orderly || index === undefined) invalid('its layers are not content, one index and deltas');
  const compression: Compression = index.mediaType === LAYER_TYPES.gzip ? 'gzip' : 'zstd';
  if (layers.some((layer) => layer.mediaType !== LAYER_TYPES[compression]))
    invalid('its layers are not all of one kind');
  const content = layers.slice(0, indexAt).map(contentLayer);
  if (new Set(content.map(({ id }) => id)).size !== content.length) invalid('two layers have one id');
  return {
    config: descriptorOf(manifest['config']),
    content,
    index,
    deltas,
    compression,
    ...origin,
  };
}

function contentLayer(layer: Descriptor): ContentLayer {
  const { annotations } = layer;
  return {
    id: countOf(annotations?.[LAYER_ANNOTATIONS.layer], 'the id of a layer'),
    descriptor: layer,
    tarSize: countOf(annotations?.[LAYER_ANNOTATIONS.tar], 'the size of a tar'),
    live: countOf(annotations?.[LAYER_ANNOTATIONS.live], 'the live part of a layer'),
    hides: annotations?.[LAYER_ANNOTATIONS.hides] === 'true',
  };
}

/** Other tools write no annotations on layers, and drop those of layers that they compress. */
function isOfAnotherTool({ annotations }: Descriptor): boolean {
  return annotations?.[LAYER_ANNOTATIONS.role] === undefined;
}

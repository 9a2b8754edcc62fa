/** `index.json` of an OCI image layout: which manifests there are, and under which tags. */
import { INDEX_TYPE } from '../media-type.ts';
import { DEFAULT_TAG } from '../reference.ts';
import type { Descriptor } from '../store.ts';

/** The annotation that holds a manifest's tag (image-spec, annotations.md). */
const REF_NAME = 'org.opencontainers.image.ref.name';

export interface LayoutIndex {
  readonly schemaVersion: 2;
  readonly manifests: readonly Descriptor[];
  /** What other tools wrote beside, which is kept. */
  readonly [key: string]: unknown;
}

export const EMPTY_INDEX: LayoutIndex = {
  schemaVersion: 2,
  mediaType: INDEX_TYPE,
  manifests: [],
};

/** Returns undefined when the text is no index. */
export function parseIndex(text: string): LayoutIndex | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (!isObject(value)) return undefined;
    const manifests = value['manifests'];
    if (!Array.isArray(manifests) || !manifests.every(isDescriptor)) return undefined;
    return { ...value, schemaVersion: 2, manifests };
  } catch {
    return undefined;
  }
}

/** The manifest with a tag or a digest. Who asks for no tag gets the only one of a layout in which nothing is tagged. */
export function findManifest(index: LayoutIndex, reference: string): Descriptor | undefined {
  return (
    index.manifests.findLast((descriptor) => descriptor.annotations?.[REF_NAME] === reference) ??
    index.manifests.find(({ digest }) => digest === reference) ??
    (reference === DEFAULT_TAG ? onlyUntagged(index) : undefined)
  );
}

/** Tools such as skopeo and crane leave the tag out where they write one image, or name it with its registry and repository. */
function onlyUntagged({ manifests }: LayoutIndex): Descriptor | undefined {
  const [only, ...others] = manifests;
  const name = only?.annotations?.[REF_NAME];
  return others.length === 0 && (name === undefined || name.includes('/')) ? only : undefined;
}

/** The index with the tag moved to the manifest; without a tag it is only listed. */
export function withManifest(index: LayoutIndex, descriptor: Descriptor, tag?: string): LayoutIndex {
  if (tag === undefined) {
    const listed = index.manifests.some(({ digest }) => digest === descriptor.digest);
    return listed ? index : { ...index, manifests: [...index.manifests, descriptor] };
  }
  const others = withDefaultTag(index).filter(({ annotations }) => annotations?.[REF_NAME] !== tag);
  return { ...index, manifests: [...others, { ...descriptor, annotations: { [REF_NAME]: tag } }] };
}

/** Beside another image the only one would not be found without a tag any more: so it gets the tag. */
function withDefaultTag(index: LayoutIndex): readonly Descriptor[] {
  const only = onlyUntagged(index);
  if (only === undefined) return index.manifests;
  return [only, { ...only, annotations: { ...only.annotations, [REF_NAME]: DEFAULT_TAG } }];
}

/** Digests of the blobs that a manifest needs; manifests of an index are no blobs. Nothing when it is not JSON. */
export function blobsOf(manifest: Uint8Array): readonly string[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(manifest).toString('utf8'));
    if (!isObject(value)) return [];
    const layers = Array.isArray(value['layers']) ? value['layers'] : [];
    return [value['config'], ...layers].filter(isDescriptor).map(({ digest }) => digest);
  } catch {
    return [];
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  if (!isObject(value)) return false;
  return (
    typeof value['mediaType'] === 'string' && typeof value['digest'] === 'string' && typeof value['size'] === 'number'
  );
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

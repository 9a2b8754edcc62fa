import { createHash } from 'node:crypto';

import { parseJson } from '../../../shared/interface/text/parse-json.ts';
import { MOST_REFERENCES } from '../inventory/stored-entry.ts';

/** Media types of what a tag may lead to. */
export const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const;

/** What a manifest says of itself. */
export interface ReadManifest {
  readonly digest: string;
  readonly bytes: number;
  /** Digests. */
  readonly references: readonly string[];
  /** Its references are manifests. */
  readonly isIndex: boolean;
}

/** Tells whether the bytes have the digest. */
export function hasDigest(content: Uint8Array, digest: string): boolean {
  const [algorithm = '', hex] = digest.split(':');
  return createHash(algorithm).update(content).digest('hex') === hex;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whoever may push writes manifests: what is none has no references. */
export function readManifest(content: Uint8Array): ReadManifest {
  const { config, layers, manifests } = fieldsOf(jsonIn(content));
  return {
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    bytes: content.length,
    references: referencesIn([config, ...listOf(layers), ...listOf(manifests)]),
    isIndex: Array.isArray(manifests),
  };
}

/** Digests of those of a list of descriptors that are some, `MOST_REFERENCES` at most; sizes are not read, as nobody has compared them. */
export function referencesIn(descriptors: readonly unknown[]): readonly string[] {
  const digests = descriptors.map((descriptor) => fieldsOf(descriptor)['digest']).filter(isDigest);
  return [...new Set(digests)].slice(0, MOST_REFERENCES);
}

/** https://github.com/opencontainers/image-spec/blob/main/descriptor.md#registered-algorithms */
export const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^(?:sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/.test(value);

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** The JSON of a body; undefined where the body is none. */
export const jsonIn = (content: Uint8Array): unknown => parseJson(Buffer.from(content).toString('utf8'));

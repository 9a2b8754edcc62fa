import { createHash } from 'node:crypto';

import type { Reference } from '../inventory/stored-entry.ts';

/** What a manifest says of itself. */
export interface ReadManifest {
  readonly digest: string;
  readonly bytes: number;
  readonly references: readonly Reference[];
  /** Its references are manifests. */
  readonly isIndex: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** Whoever may push writes manifests: what is none has no references. */
export function readManifest(content: Uint8Array): ReadManifest {
  const { config, layers, manifests } = fieldsOf(parse(content));
  return {
    digest: `sha256:${createHash('sha256').update(content).digest('hex')}`,
    bytes: content.length,
    references: referencesIn([config, ...listOf(layers), ...listOf(manifests)]),
    isIndex: Array.isArray(manifests),
  };
}

/** Of a list of descriptors, those that are some. */
export function referencesIn(descriptors: readonly unknown[]): readonly Reference[] {
  return descriptors.flatMap((descriptor) => {
    const { digest, size } = fieldsOf(descriptor);
    const isGood = isDigest(digest) && typeof size === 'number' && Number.isSafeInteger(size) && size >= 0;
    return isGood ? [{ digest, bytes: size }] : [];
  });
}

export const isDigest = (value: unknown): value is string =>
  typeof value === 'string' && /^sha256:[0-9a-f]{64}$/.test(value);

export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function parse(content: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(content).toString('utf8'));
  } catch {
    return undefined;
  }
}

import { isDigest } from './reference.ts';
import type { Referrer } from './store.ts';

/** The descriptors in a list of a manifest or an index: `layers`, `manifests`. Nothing where there is no such list. */
export function descriptorsIn(bytes: Uint8Array, field: 'layers' | 'manifests'): readonly Referrer[] | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    const list: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, field) : undefined;
    return Array.isArray(list) ? list.filter(isDescriptor) : undefined;
  } catch {
    return undefined;
  }
}

function isDescriptor(value: unknown): value is Referrer {
  return (
    typeof value === 'object' &&
    value !== null &&
    'mediaType' in value &&
    typeof value.mediaType === 'string' &&
    'digest' in value &&
    isDigest(value.digest) &&
    'size' in value &&
    typeof value.size === 'number'
  );
}

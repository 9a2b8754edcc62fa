/** Lists of referrers: https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#listing-referrers */
import { descriptorsIn } from '../descriptors.ts';
import { INDEX_TYPE } from '../media-type.ts';
import { MANIFEST_BYTES } from '../store.ts';
import type { Referrer } from '../store.ts';
import type { RegistryClient } from './client/registry-client.ts';

/** A registry of before version 1.1 says in one of these ways that it knows no such path. */
const UNKNOWN = [400, 404, 405, 501];

/** Lists the referrers of a manifest: the first page. Undefined where the registry keeps no such lists. */
export async function listReferrers(
  client: RegistryClient,
  digest: string,
  signal?: AbortSignal,
): Promise<readonly Referrer[] | undefined> {
  const { status, bytes } = await client.call(
    { method: 'GET', to: `referrers/${digest}`, headers: { accept: INDEX_TYPE }, expect: [200, ...UNKNOWN] },
    MANIFEST_BYTES,
    signal,
  );
  // What is no list may be the page of whatever stands before the registry.
  return status === 200 && bytes !== undefined ? descriptorsIn(bytes, 'manifests') : undefined;
}

/** The config of an entry (docs/format.md, section 1). */
import { isDigest } from '../../store/reference.ts';
import { invalid, objectOf, readJson } from './entry-json.ts';

export const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';

const VARIANT_LABEL = 'cache.tekton.dev/variant';

interface EntryConfig {
  readonly architecture: string;
  readonly os: string;
  readonly diffIds: readonly string[];
  /** Makes its bytes others than they would be without it. */
  readonly variant?: number | undefined;
}

export function writeConfig({ architecture, os, diffIds, variant }: EntryConfig): Buffer {
  const config = variant === undefined ? {} : { Labels: { [VARIANT_LABEL]: String(variant) } };
  return Buffer.from(JSON.stringify({ architecture, os, config, rootfs: { type: 'layers', diff_ids: diffIds } }));
}

/** The diff_ids of a config, one for each of `layers` layers. */
export function readDiffIds(bytes: Uint8Array, layers: number): string[] {
  const rootfs = objectOf(objectOf(readJson(bytes, 'config'), 'the config')['rootfs'], 'rootfs');
  const diffIds: unknown = rootfs['diff_ids'];
  if (!Array.isArray(diffIds) || diffIds.length !== layers) invalid('its config has not one diff_id for each layer');
  return diffIds.map((id: unknown) => (isDigest(id) ? id : invalid('its config has a diff_id that is not a digest')));
}

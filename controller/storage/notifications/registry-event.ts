/** Notifications of the distribution registry: https://distribution.github.io/distribution/about/notifications/ */
import type { StoredManifest } from '../inventory/stored-entry.ts';
import { fieldsOf, isDigest, listOf, MANIFEST_TYPES, referencesIn } from '../registry/manifest-reader.ts';

export type RegistryEvent =
  | {
      readonly action: 'push' | 'pull';
      readonly manifest: StoredManifest;
      readonly tag: string | undefined;
      /** The subject of the token with which the request came. */
      readonly actor: string;
    }
  | { readonly action: 'delete'; readonly repository: string; readonly digest: string }
  | { readonly action: 'untag'; readonly repository: string; readonly tag: string };

const MANIFESTS: ReadonlySet<unknown> = new Set(MANIFEST_TYPES);

/** What of an envelope is about manifests and tags; the rest, and what is no event, is left out. */
export function eventsIn(envelope: unknown): readonly RegistryEvent[] {
  return listOf(fieldsOf(envelope)['events']).flatMap((value) => {
    const event = eventOf(value);
    return event === undefined ? [] : [event];
  });
}

function eventOf(value: unknown): RegistryEvent | undefined {
  const { action, target, actor } = fieldsOf(value);
  const { repository, digest, mediaType, size, tag, references } = fieldsOf(target);
  if (typeof repository !== 'string' || repository === '') return undefined;
  const tagName = typeof tag === 'string' && tag !== '' ? tag : undefined;
  if (action === 'delete') {
    if (isDigest(digest)) return { action, repository, digest };
    return tagName === undefined ? undefined : { action: 'untag', repository, tag: tagName };
  }
  if ((action !== 'push' && action !== 'pull') || !isDigest(digest) || !MANIFESTS.has(mediaType)) return undefined;
  const { name } = fieldsOf(actor);
  const bytes = typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? size : 0;
  return {
    action,
    manifest: { repository, digest, bytes, references: referencesIn(listOf(references)) },
    tag: tagName,
    actor: typeof name === 'string' ? name : '',
  };
}

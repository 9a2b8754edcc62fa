import { readRepositoryName } from '../../../shared/scope/place.ts';

/** The kind of place that a repository is, by the second part of its name; shared/scope says who may write there. */
type PlaceKind =
  { readonly kind: 'shared' } | { readonly kind: 'untrusted' } | { readonly kind: 'run'; readonly run: string };

export function placeKindOf(repository: string): PlaceKind {
  const { part, owner } = readRepositoryName(repository);
  if (part === 'runs' && owner !== undefined) return { kind: 'run', run: owner };
  return part === 'untrusted' && owner !== undefined ? { kind: 'untrusted' } : { kind: 'shared' };
}

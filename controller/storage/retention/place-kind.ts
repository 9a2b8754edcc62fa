/** Whose a repository is, by the second part of its name; shared/scope says who may write there. */
export type PlaceKind =
  { readonly kind: 'shared' } | { readonly kind: 'untrusted' } | { readonly kind: 'run'; readonly run: string };

export function placeKindOf(repository: string): PlaceKind {
  const [, part, name] = repository.split('/');
  if (part === 'runs' && name !== undefined) return { kind: 'run', run: name };
  return part === 'untrusted' && name !== undefined ? { kind: 'untrusted' } : { kind: 'shared' };
}

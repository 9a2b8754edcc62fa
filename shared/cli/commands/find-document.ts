import type { JsonObject } from '../../rewrite/json/json.ts';
import { isObject } from '../../rewrite/json/json.ts';
import type { Reference } from '../../rewrite/tekton/read/reference.ts';

/** The document, among those given, that a reference of a run leads to: by its kind, and by the name or the path in the reference. */
export function findDocument(
  reference: Exclude<Reference, { readonly by: 'spec' }>,
  documents: readonly JsonObject[],
): JsonObject | undefined {
  const ofKind = documents.filter(({ kind }) => kind === reference.kind);
  const names = namesOf(reference);
  if (names.length > 0) return ofKind.find((document) => names.includes(nameOf(document)));
  // A reference that says nothing of the kind, as one by URL, can mean the only one.
  return ofKind.length === 1 ? ofKind[0] : undefined;
}

/** A reference in words for people: `Task golang-build (git, task/golang-build.yaml)`. */
export function describeReference(reference: Exclude<Reference, { readonly by: 'spec' }>): string {
  if (reference.by === 'name') return `${reference.kind} \`${reference.name}\``;
  const { kind, resolver } = reference;
  const said = ['name', 'pathInRepo', 'url'].flatMap((name) => textOf(reference, name) ?? []);
  return `${kind} of \`${[resolver, ...said].join(' ')}\``;
}

/** What the document may be called: the name, or the last part of the path without its ending. */
function namesOf(reference: Exclude<Reference, { readonly by: 'spec' }>): string[] {
  if (reference.by === 'name') return [reference.name];
  const name = textOf(reference, 'name');
  const path = textOf(reference, 'pathInRepo');
  const parts = path?.replace(/\.ya?ml$/, '').split('/') ?? [];
  // A catalog has its Tasks at `task/NAME/VERSION/NAME.yaml`.
  return [...(name === undefined ? [] : [name]), ...parts.slice(-1)];
}

function textOf(reference: Extract<Reference, { readonly by: 'resolver' }>, param: string): string | undefined {
  const value = reference.params.find(({ name }) => name === param)?.value;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function nameOf({ metadata }: JsonObject): string {
  const name = isObject(metadata) ? metadata['name'] : undefined;
  return typeof name === 'string' ? name : '';
}

import { isRepository } from '../interface/places/image-reference.ts';
import { RESERVED_PARTS } from '../interface/places/reserved-parts.ts';
import { escapeValue } from '../interface/text/escape-value.ts';

/** How far a run is trusted. */
export const TRUSTS = ['trusted', 'untrusted', 'release'] as const;
export type Trust = (typeof TRUSTS)[number];

/** Repositories, and the rule that opens them. */
export interface Place {
  /** A repository, or `PATH/*` for all below it. */
  readonly repositories: string;
  /** Parts of it that are not open. */
  readonly except: readonly string[];
  /** The rule by which the place is open, for people. */
  readonly rule: string;
}

type ReservedPart = (typeof RESERVED_PARTS)[number];

/** The name of a repository, read: `NAMESPACE/PART/OWNER/…`, or `NAMESPACE/…` for what all trusted runs share. */
interface RepositoryName {
  readonly namespace: string;
  readonly part: ReservedPart | undefined;
  /** The owner within the part: below `runs` the UID of the run. */
  readonly owner: string | undefined;
}

export function readRepositoryName(repository: string): RepositoryName {
  const [namespace = '', second, third] = repository.split('/');
  const part = RESERVED_PARTS.find((reserved) => reserved === second);
  return { namespace, part, owner: part === undefined ? undefined : third };
}

/** The namespace that a repository belongs to: the first part of its name. */
export function namespaceOf(repository: string): string {
  return readRepositoryName(repository).namespace;
}

/**
 * A repository whose name came of `{{namespace}}`, by the name that the namespace has: a template writes `a--b` as `a-2d__xb`, as it does all
 * values, and the places of a namespace are below its own name. No namespace has a `_`, so it is no other's.
 */
export function byOwnName(repository: string, namespace: string): string {
  const written = `${escapeValue(namespace)}/`;
  return repository.startsWith(written) ? `${namespace}/${repository.slice(written.length)}` : repository;
}

/** What a run has alone, until it is over. */
export function runPlace(namespace: string, uid: string): string {
  return `${namespace}/runs/${uid}`;
}

/** A repository, or one with `/*` behind it. `*` alone is none. */
export function isPlacePattern(pattern: string): boolean {
  return isRepository(pattern.endsWith('/*') ? pattern.slice(0, -2) : pattern);
}

function covers(pattern: string, repository: string): boolean {
  return pattern.endsWith('/*') ? repository.startsWith(pattern.slice(0, -1)) : repository === pattern;
}

export function isOpen({ repositories, except }: Place, repository: string): boolean {
  return covers(repositories, repository) && !except.some((pattern) => covers(pattern, repository));
}

/** Is it in a part that belongs to some runs only? */
export function isReserved(repository: string): boolean {
  return readRepositoryName(repository).part !== undefined;
}

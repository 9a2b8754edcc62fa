/** What a manifest names: a blob, or a manifest where it is an index. */
export interface Reference {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  readonly bytes: number;
}

/** A manifest in a repository of the registry. */
export interface StoredManifest {
  readonly repository: string;
  readonly digest: string;
  /** Of the manifest itself. */
  readonly bytes: number;
  readonly references: readonly Reference[];
}

/** A manifest with the tags that lead to it; times in milliseconds since 1970. */
export interface StoredEntry extends StoredManifest {
  readonly tags: readonly string[];
  readonly pushedAt: number;
  /** When it was pushed or pulled last. */
  readonly usedAt: number;
}

/** Each repository is of a namespace, which is the first part of its name. */
export function namespaceOf(repository: string): string {
  return repository.split('/')[0] ?? repository;
}

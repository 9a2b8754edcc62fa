/**
 * The inventory keeps so many references of one manifest. An entry of ours has a hundred at most, and a manifest of 4 MiB has room for forty
 * thousand.
 */
export const MOST_REFERENCES = 1000;

/** A manifest in a repository of the registry, with what it names: blobs, or manifests where it is an index. */
export interface StoredManifest {
  readonly repository: string;
  readonly digest: string;
  /** The bytes of the manifest itself. */
  readonly bytes: number;
  /** Digests. The sizes that a manifest names are left out, as nobody has verified them. */
  readonly references: readonly string[];
}

/** What a manifest names. */
export interface Reference {
  readonly digest: string;
  /** The bytes of the blob as the registry has it; 0 before the registry was asked, or where it has none. */
  readonly bytes: number;
}

/** A manifest with the tags that lead to it; times in milliseconds since 1970. */
export interface StoredEntry extends Omit<StoredManifest, 'references'> {
  readonly references: readonly Reference[];
  readonly tags: readonly string[];
  readonly pushedAt: number;
  /** When it was pushed or pulled last. */
  readonly usedAt: number;
}

import type { StoredEntry } from '../inventory/stored-entry.ts';

/** An entry with all that lives as long as it: manifests that it lists, and manifests about one of them. */
export interface Family {
  readonly root: StoredEntry;
  /** The root among them. */
  readonly members: readonly StoredEntry[];
}

interface Families {
  readonly families: readonly Family[];
  /** Manifests of no family: no tag leads to them any more, or only other orphans do. */
  readonly orphans: readonly StoredEntry[];
}

/**
 * The tag of a manifest that is about another one, where a registry has no list of them:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#referrers-tag-schema. Signatures of cosign end with a word more.
 */
const ABOUT = /^sha256-([0-9a-f]{64})(?:\.\w+)?$/;

/** Sorts the entries of one repository. A manifest may be in several families. */
export function familiesOf(entries: readonly StoredEntry[]): Families {
  const byDigest = new Map(entries.map((entry) => [entry.digest, entry]));
  const about = new Map<string, StoredEntry[]>();
  for (const entry of entries) {
    for (const tag of entry.tags) {
      const subject = subjectOf(tag);
      if (subject === undefined) continue;
      const those = about.get(subject);
      if (those === undefined) about.set(subject, [entry]);
      else those.push(entry);
    }
  }
  const membersOf = (root: StoredEntry): readonly StoredEntry[] => {
    const members = new Set([root]);
    // A set hands out what is added while it is read.
    for (const { digest, references } of members) {
      for (const one of about.get(digest) ?? []) members.add(one);
      for (const reference of references) {
        const part = byDigest.get(reference.digest);
        if (part !== undefined) members.add(part);
      }
    }
    return [...members];
  };
  // A user may have chosen such a tag. It tells about another manifest only where that manifest is there.
  const isWanted = ({ digest, tags }: StoredEntry): boolean =>
    tags.some((tag) => {
      const subject = subjectOf(tag);
      return subject === undefined || subject === digest || !byDigest.has(subject);
    });
  const families = entries.filter(isWanted).map((root) => ({ root, members: membersOf(root) }));
  const inFamilies = new Set(families.flatMap(({ members }) => members));
  return { families, orphans: entries.filter((entry) => !inFamilies.has(entry)) };
}

/** May the tag say what a manifest is about, and not that somebody wants it? */
export const isAboutAnother = (tag: string): boolean => subjectOf(tag) !== undefined;

function subjectOf(tag: string): string | undefined {
  const hex = ABOUT.exec(tag)?.[1];
  return hex === undefined ? undefined : `sha256:${hex}`;
}

export const leastRecentlyUsed = (families: readonly Family[]): readonly Family[] =>
  families.toSorted((a, b) => a.root.usedAt - b.root.usedAt);

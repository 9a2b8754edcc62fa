import { namespaceOf } from '../../../shared/scope/place.ts';
import { MOST_REFERENCES } from '../inventory/stored-entry.ts';
import type { StoredEntry } from '../inventory/stored-entry.ts';
import { familiesOf } from './family.ts';
import type { Family } from './family.ts';
import { placeKindOf } from './place-kind.ts';
import type { RetentionRules } from './rules.ts';
import { Usage } from './usage.ts';

/** Why an entry goes; values of a metric's label. */
const GONE_REASONS = [
  'unused',
  'age',
  'run',
  'untrusted',
  'too-large',
  'count',
  'namespace-quota',
  'quota',
  'orphan',
] as const;
export type GoneReason = (typeof GONE_REASONS)[number];

export interface Gone {
  readonly entry: StoredEntry;
  readonly reason: GoneReason;
}

export interface Judgement {
  /** Manifests to delete, those that lead to others first. */
  readonly gone: readonly Gone[];
  /** What stays. */
  readonly usage: Usage;
  /** Entries that would go, and stay until the next time, as so many at once may be a mistake. */
  readonly heldBack: number;
}

export interface Present {
  readonly now: number;
  /** UIDs of the runs that are at work. */
  readonly activeRuns: ReadonlySet<string>;
}

/** A client pushes a manifest before the index, or the tag, that leads to it. So a manifest counts as an orphan only after this time. */
const ORPHAN_MS = 3_600_000;

/**
 * A clock that is ahead, or a rule with a slip in it, must not empty the registry at once. Of the shared entries, at most this many go at a time; or
 * this part of them, if that is more.
 */
const ALWAYS_AT_ONCE = 100;
const PART_AT_ONCE = 1 / 4;

/** Which entries go, by what is known now. A quota takes the least recently used ones, and nothing of a run that is at work. */
export function judge(entries: readonly StoredEntry[], rules: RetentionRules, present: Present): Judgement {
  const gone = new Map<Family, GoneReason>();
  const kept = new Set<Family>();
  const orphans: StoredEntry[] = [];
  const holderOf = holderIn(present);
  for (const repository of Map.groupBy(entries, (entry) => entry.repository).values()) {
    const { families, orphans: others } = familiesOf(repository);
    orphans.push(...others);
    const staying: Family[] = [];
    for (const family of families) {
      const reason = reasonByTime(family, rules, present);
      if (reason === undefined) staying.push(family);
      else gone.set(family, reason);
    }
    const { entriesPerRepository = Infinity } = rules;
    const mayGo = staying.filter((family) => holderOf(family) !== 'atWork');
    const excess = leastRecentlyUsed(mayGo).slice(0, Math.max(0, staying.length - entriesPerRepository));
    for (const family of excess) gone.set(family, 'count');
    for (const family of staying) if (!gone.has(family)) kept.add(family);
  }
  const usage = new Usage([...kept]);
  if (rules.whenFull === 'evict') {
    const evict = (families: readonly Family[], isOver: () => boolean, reason: GoneReason): void => {
      for (const family of families) {
        if (!isOver()) return;
        gone.set(family, reason);
        kept.delete(family);
        usage.remove(family);
      }
    };
    const makeRoom = (families: readonly Family[], isOver: () => boolean, reason: GoneReason): void => {
      const { apart = [], shared = [], atWork = [] } = Object.groupBy(leastRecentlyUsed(families), holderOf);
      evict(apart, isOver, reason);
      // A run at work ends by itself, and its entries go then. No shared entry has to go for them.
      for (const family of atWork) usage.remove(family);
      evict(shared, isOver, reason);
      for (const family of atWork) usage.add(family);
    };
    for (const [namespace, families] of Map.groupBy([...kept], ({ root }) => namespaceOf(root.repository))) {
      makeRoom(families, () => usage.isNamespaceOver(namespace, rules.quotas), 'namespace-quota');
    }
    makeRoom([...kept], () => usage.isOver(rules.quotas), 'quota');
  }
  const heldBack = pastBrake(gone, kept);
  for (const family of heldBack) {
    gone.delete(family);
    kept.add(family);
    usage.add(family);
  }
  return { gone: manifestsOf(gone, kept, oldOf(orphans, present)), usage, heldBack: heldBack.length };
}

function reasonByTime(family: Family, rules: RetentionRules, { now, activeRuns }: Present): GoneReason | undefined {
  const { root: entry, members } = family;
  const idleMs = now - entry.usedAt;
  const place = placeKindOf(entry.repository);
  if (place.kind === 'run' && activeRuns.has(place.run)) return undefined;
  // Its size is not known.
  if (idleMs >= ORPHAN_MS && members.some(isTooLarge)) return 'too-large';
  if (place.kind === 'run') return idleMs >= rules.runsMs ? 'run' : undefined;
  if (place.kind === 'untrusted' && idleMs >= rules.untrustedMs) return 'untrusted';
  if (idleMs >= rules.unusedMs) return 'unused';
  return now - entry.pushedAt >= (rules.ageMs ?? Infinity) ? 'age' : undefined;
}

const isTooLarge = ({ references }: StoredEntry): boolean => references.length >= MOST_REFERENCES;

const isShared = ({ root }: Family): boolean => placeKindOf(root.repository).kind === 'shared';

/** The shared entries that would go beyond the bound on a time: those that were used last. */
function pastBrake(gone: ReadonlyMap<Family, GoneReason>, kept: ReadonlySet<Family>): readonly Family[] {
  const going = [...gone.keys()].filter(isShared).toSorted((a, b) => a.root.usedAt - b.root.usedAt);
  const all = going.length + [...kept].filter(isShared).length;
  return going.slice(Math.max(ALWAYS_AT_ONCE, Math.ceil(all * PART_AT_ONCE)));
}

/**
 * Which entries go first past a quota. `apart`: those of untrusted runs, and of runs that are over, go first; so a pull request evicts no entry of
 * others. `shared`: those of trusted runs go next. `atWork`: those of a run at work stay.
 */
function holderIn({ activeRuns }: Present): (family: Family) => 'atWork' | 'apart' | 'shared' {
  return ({ root }) => {
    const place = placeKindOf(root.repository);
    if (place.kind === 'shared') return 'shared';
    return place.kind === 'run' && activeRuns.has(place.run) ? 'atWork' : 'apart';
  };
}

const leastRecentlyUsed = (families: readonly Family[]): readonly Family[] =>
  families.toSorted((a, b) => a.root.usedAt - b.root.usedAt);

const oldOf = (orphans: readonly StoredEntry[], { now }: Present): readonly StoredEntry[] =>
  orphans.filter(({ usedAt }) => now - usedAt >= ORPHAN_MS);

/** A manifest that another family keeps stays. */
function manifestsOf(
  gone: ReadonlyMap<Family, GoneReason>,
  kept: ReadonlySet<Family>,
  orphans: readonly StoredEntry[],
): readonly Gone[] {
  const stays = new Set([...kept].flatMap(({ members }) => members));
  const reasons = new Map<StoredEntry, GoneReason>();
  for (const [{ members }, reason] of gone) {
    for (const member of members) if (!stays.has(member) && !reasons.has(member)) reasons.set(member, reason);
  }
  for (const orphan of orphans) reasons.set(orphan, 'orphan');
  return [...reasons].map(([entry, reason]) => ({ entry, reason }));
}

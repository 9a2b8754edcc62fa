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

/** A manifest comes before the index or the tag that leads to it. */
const ORPHAN_MS = 3_600_000;

/** A clock that is ahead, or a rule that lacks a word, must not empty everything at once: of shared entries this many go, or this part if it is more. */
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
      // It ends by itself, whereas what is shared would be lost.
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
  // Nobody knows how much room it takes.
  if (idleMs >= ORPHAN_MS && members.some(isTooLarge)) return 'too-large';
  if (place.kind === 'run') return idleMs >= rules.runsMs ? 'run' : undefined;
  if (place.kind === 'untrusted' && idleMs >= rules.untrustedMs) return 'untrusted';
  if (idleMs >= rules.unusedMs) return 'unused';
  return now - entry.pushedAt >= (rules.ageMs ?? Infinity) ? 'age' : undefined;
}

const isTooLarge = ({ references }: StoredEntry): boolean => references.length >= MOST_REFERENCES;

const isShared = ({ root }: Family): boolean => placeKindOf(root.repository).kind === 'shared';

/** Of those that go and were written by trusted runs, the ones that are too many at once: those used last. */
function pastBrake(gone: ReadonlyMap<Family, GoneReason>, kept: ReadonlySet<Family>): readonly Family[] {
  const going = [...gone.keys()].filter(isShared).toSorted((a, b) => a.root.usedAt - b.root.usedAt);
  const all = going.length + [...kept].filter(isShared).length;
  return going.slice(Math.max(ALWAYS_AT_ONCE, Math.ceil(all * PART_AT_ONCE)));
}

/**
 * Whose an entry is, where there is no room: a run's at work; else a run's that is over, or an untrusted run's, which go before what is shared.
 * A pull request pushes out no others', wherever it writes.
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

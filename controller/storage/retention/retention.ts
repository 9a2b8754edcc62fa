import { namespaceOf } from '../../../shared/scope/place.ts';
import { MOST_REFERENCES } from '../inventory/stored-entry.ts';
import type { StoredEntry } from '../inventory/stored-entry.ts';
import { Eviction, holderOf } from './eviction.ts';
import type { QuotaReason } from './eviction.ts';
import { familiesOf, leastRecentlyUsed } from './family.ts';
import type { Family } from './family.ts';
import { placeKindOf } from './place-kind.ts';
import type { RetentionRules } from './rules.ts';
import { Usage } from './usage.ts';

/** Why an entry goes; values of a metric's label. */
type GoneReason = 'unused' | 'age' | 'run' | 'untrusted' | 'too-large' | 'count' | QuotaReason | 'orphan';

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

interface Present {
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
  for (const repository of Map.groupBy(entries, (entry) => entry.repository).values()) {
    const found = familiesOf(repository);
    orphans.push(...found.orphans);
    const going = goneOf(found.families, rules, present);
    for (const [family, reason] of going) gone.set(family, reason);
    for (const family of found.families) if (!going.has(family)) kept.add(family);
  }
  const usage = new Usage([...kept]);
  if (rules.whenFull === 'evict') {
    for (const [family, reason] of evictedOf([...kept], usage, { rules, present })) {
      gone.set(family, reason);
      kept.delete(family);
    }
  }
  const heldBack = pastBrake(gone, kept);
  for (const family of heldBack) {
    gone.delete(family);
    kept.add(family);
    usage.add(family);
  }
  return { gone: manifestsOf(gone, kept, oldOf(orphans, present)), usage, heldBack: heldBack.length };
}

/** The families of one repository that go: first those whose time is over, then those past the count. */
function goneOf(families: readonly Family[], rules: RetentionRules, present: Present): ReadonlyMap<Family, GoneReason> {
  const gone = new Map<Family, GoneReason>();
  for (const family of families) {
    const reason = reasonByTime(family, rules, present);
    if (reason !== undefined) gone.set(family, reason);
  }
  const staying = families.filter((family) => !gone.has(family));
  const { entriesPerRepository = Infinity } = rules;
  const mayGo = staying.filter((family) => holderOf(family, present.activeRuns) !== 'atWork');
  const excess = Math.max(0, staying.length - entriesPerRepository);
  for (const family of leastRecentlyUsed(mayGo).slice(0, excess)) gone.set(family, 'count');
  return gone;
}

/** What has to go past quotas; it is taken out of `usage`. */
function evictedOf(
  families: readonly Family[],
  usage: Usage,
  { rules: { quotas }, present }: { readonly rules: RetentionRules; readonly present: Present },
): ReadonlyMap<Family, QuotaReason> {
  const eviction = new Eviction(usage, present.activeRuns);
  const byNamespace = Map.groupBy(families, ({ root }) => namespaceOf(root.repository));
  for (const [namespace, members] of byNamespace) eviction.fitNamespace(namespace, members, quotas);
  eviction.fitAll(families, quotas);
  return eviction.evicted;
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

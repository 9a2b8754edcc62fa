import { isRepository } from '../interface/places/image-reference.ts';
import { RESERVED_PARTS } from '../interface/places/reserved-parts.ts';
import { namespaceOf, runPlace } from './place.ts';
import type { Place, Trust } from './place.ts';
import type { Grant, Policy } from './policy.ts';
import { eventOf } from './run-facts.ts';
import type { RunEvent, RunFacts } from './run-facts.ts';
import type { RunPlaces } from './run-places.ts';
import { hasAll, isAmong, trustOf } from './trust.ts';

/** What a run may read and write. */
export interface Scope {
  readonly trust: Trust;
  /** The rule that said how far the run is trusted, for people. */
  readonly rule: string;
  readonly read: readonly Place[];
  /** The places that the run may write, and so read as well: no registry takes a push from a client that may not pull. */
  readonly write: readonly Place[];
  /** Where its targets go. */
  readonly places: RunPlaces;
}

/**
 * - trusted: reads and writes what is below `NAMESPACE/`
 * - untrusted: reads that; writes below its own `NAMESPACE/untrusted/REPOSITORY/NUMBER`, which only it reads
 * - release: reads and writes below `NAMESPACE/release` only
 *
 * Each run has `NAMESPACE/runs/UID` besides. Grants of the policy open more, and never a part that belongs to some runs only.
 */
export function scopeOf(facts: RunFacts, policy: Policy): Scope {
  const event = eventOf(facts);
  const { trust, rule } = trustOf(facts, event, policy);
  const { namespace } = facts;
  const trusted: Place = { ...allBelow(namespace, 'trusted runs of the namespace'), except: reservedIn(namespace) };
  const grants = policy.grants.flatMap((one, index) => grantedBy(one, `token-grants, grant ${index + 1}`, facts));
  const pulls = grants.map(({ place }) => place);
  const pushes = grants.filter(({ allow }) => allow === 'push').map(({ place }) => place);
  const { own, rule: ownRule } = ownPart(facts, event);
  const released = `${namespace}/release`;
  const run = allBelow(runPlace(namespace, facts.run), 'the run itself');
  const alone = allBelow(own, ownRule);
  const release = allBelow(released, 'release runs of the namespace');
  const { write, read, ...targets } = {
    trusted: { write: [trusted, run, ...pushes], read: pulls, reads: [namespace], writes: namespace },
    untrusted: { write: [alone, run], read: [trusted, ...pulls], reads: [own, namespace], writes: own },
    release: { write: [release, run], read: [], reads: [released], writes: released },
  }[trust];
  return { trust, rule, write, read: unique([...write, ...read]), places: { trust, namespace, ...targets } };
}

/** Where nobody else reads: that of the pull request, or of the run where there is none. */
function ownPart(
  { namespace, run }: RunFacts,
  { pullRequest }: RunEvent,
): { readonly own: string; readonly rule: string } {
  const ofPullRequest = `${namespace}/untrusted/${pullRequest?.repository ?? ''}/${pullRequest?.number ?? ''}`;
  return pullRequest !== undefined && !pullRequest.repository.includes('/') && isRepository(ofPullRequest)
    ? { own: ofPullRequest, rule: 'the pull request itself' }
    : { own: `${namespace}/untrusted/run/${run}`, rule: 'the run itself' };
}

function grantedBy(
  { from, repositories, allow }: Grant,
  rule: string,
  { namespace, namespaceLabels }: RunFacts,
): readonly { readonly place: Place; readonly allow: Grant['allow'] }[] {
  if (!isAmong(from.namespaces, namespace) || !hasAll(from.labels, namespaceLabels)) return [];
  return repositories.map((pattern) => ({
    place: { repositories: pattern, except: reservedIn(namespaceOf(pattern)), rule },
    allow,
  }));
}

const allBelow = (path: string, rule: string): Place => ({ repositories: `${path}/*`, except: [], rule });

const reservedIn = (namespace: string): readonly string[] =>
  RESERVED_PARTS.flatMap((part) => [`${namespace}/${part}`, `${namespace}/${part}/*`]);

const unique = (places: readonly Place[]): readonly Place[] => [...new Set(places)];

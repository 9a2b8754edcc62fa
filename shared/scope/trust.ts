import type { Trust } from './place.ts';
import type { Policy, TrustRule } from './policy.ts';
import type { RunEvent, RunFacts } from './run-facts.ts';

/** What the stamp of a push to a branch begins with. */
const PUSHED = 'refs/heads/';

interface TrustDecision {
  readonly trust: Trust;
  /** The rule that said so, for people. */
  readonly rule: string;
}

/** The first rule that matches decides; without one, the default. */
export function trustOf(facts: RunFacts, event: RunEvent, policy: Policy): TrustDecision {
  const index = policy.trustRules.findIndex((one) => matches(one, facts, event));
  const rule = policy.trustRules[index];
  if (rule !== undefined) return { trust: rule.trust, rule: `token-trust, rule ${index + 1}` };
  const { trustDefault } = policy;
  if (trustDefault !== 'forks') return { trust: trustDefault, rule: `token-trust-default: ${trustDefault}` };
  return event.isFork
    ? { trust: 'untrusted', rule: 'token-trust-default: forks, and this is a pull request of a fork' }
    : { trust: 'trusted', rule: 'token-trust-default: forks, and this is no pull request of a fork' };
}

function matches({ trust, match }: TrustRule, facts: RunFacts, event: RunEvent): boolean {
  // A push without a branch may be the check of a fork that somebody runs again, so its type does not count.
  const type = trust === 'untrusted' || event.branch !== undefined ? event.type : undefined;
  return (
    isAmong(match.namespaces, facts.namespace) &&
    isAmong(match.serviceAccounts, facts.serviceAccount) &&
    isAmong(match.events, type) &&
    spellingsOf(event.branch).some((branch) => isAmong(match.branches, branch)) &&
    (match.fork === undefined || match.fork === event.isFork) &&
    hasAll(match.labels, facts.labels) &&
    hasAll(match.annotations, facts.annotations)
  );
}

/**
 * Pipelines-as-Code stamps a pull request to a branch with `main`, a push to it with `refs/heads/main`: a rule for `main` is about both, one for
 * `refs/heads/main` about pushes alone. A branch that has the name of a tag (`refs/heads/refs/tags/v1`) is never one.
 *
 * https://github.com/tektoncd/pipelines-as-code/blob/main/pkg/provider/github/parse_payload.go (PushEvent)
 */
function spellingsOf(branch: string | undefined): readonly (string | undefined)[] {
  const short = branch?.startsWith(PUSHED) === true ? branch.slice(PUSHED.length) : '';
  return short === '' || short.startsWith('refs/') ? [branch] : [branch, short];
}

/** Does a rule's list have the text? An absent list has every text. No list has a text that is unknown. */
export function isAmong(patterns: readonly string[] | undefined, text: string | undefined): boolean {
  return patterns === undefined || (text !== undefined && patterns.some((pattern) => fits(pattern, text)));
}

export function hasAll(
  wanted: Readonly<Record<string, string>> | undefined,
  given: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(wanted ?? {}).every(([name, pattern]) => {
    const value = Object.hasOwn(given, name) ? given[name] : undefined;
    return value !== undefined && fits(pattern, value);
  });
}

function fits(pattern: string, text: string): boolean {
  return pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : text === pattern;
}

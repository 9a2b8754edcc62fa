/** The policy of an installation, as the keys of its ConfigMap say it. */
import { parse } from 'yaml';

import { asCacheError, invalidParams } from '../errors.ts';
import { checkBounds } from '../interface/text/bounds.ts';
import type { Bounds } from '../interface/text/bounds.ts';
import { isPlacePattern, TRUSTS } from './place.ts';
import type { Trust } from './place.ts';

/** Lets runs of some namespaces read or write repositories outside of their own. */
export interface Grant {
  readonly from: {
    /** `team-a`, or `team-*`. */
    readonly namespaces?: readonly string[];
    /** Of the namespace; all of them. */
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly repositories: readonly string[];
  /** `push` is `pull` as well: no registry takes the one without the other. */
  readonly allow: 'pull' | 'push';
}

/** The facts that a run must have. Each field that is there has to match; of a list, one item. `*` at the end of an item stands for anything. */
interface TrustMatch {
  readonly namespaces?: readonly string[];
  readonly serviceAccounts?: readonly string[];
  readonly events?: readonly string[];
  readonly branches?: readonly string[];
  readonly fork?: boolean;
  /** Of the outermost run; all of them. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface TrustRule {
  readonly trust: Trust;
  readonly match: TrustMatch;
}

export interface Policy {
  readonly grants: readonly Grant[];
  /** The rules in order: the first that matches says how far a run is trusted. */
  readonly trustRules: readonly TrustRule[];
  /** What holds where no rule matches. `forks`: pull requests of forks are untrusted, all else is trusted. */
  readonly trustDefault: 'forks' | Trust;
}

type Fields = Readonly<Record<string, unknown>>;

const POLICY_BOUNDS: Bounds = { characters: 65_536, values: 4096, depth: 5 };

/** Keys of the ConfigMap. */
export const POLICY_KEYS = {
  grants: 'token-grants',
  trustRules: 'token-trust',
  trustDefault: 'token-trust-default',
} as const;

/** The policy in the data of a ConfigMap; a key that is absent has its default. Throws InvalidParams. */
export function readPolicy(data: Readonly<Record<string, string>>): Policy {
  const read = <T>(key: string, reader: (text: string) => T): T => {
    try {
      return reader(data[key] ?? '');
    } catch (error) {
      throw invalidParams(`\`${key}\`: ${asCacheError(error).message}`);
    }
  };
  return {
    grants: read(POLICY_KEYS.grants, readGrants),
    trustRules: read(POLICY_KEYS.trustRules, readTrustRules),
    trustDefault: read(POLICY_KEYS.trustDefault, readTrustDefault),
  };
}

/** A word; `forks` when empty. Throws InvalidParams. */
export function readTrustDefault(text: string): Policy['trustDefault'] {
  const words = ['forks', ...TRUSTS] as const;
  const word = words.find((known) => known === (text.trim() || 'forks'));
  if (word === undefined) throw invalidParams(`${JSON.stringify(text)} is not one of ${words.join(', ')}`);
  return word;
}

/** A YAML list of grants. Throws InvalidParams. */
export function readGrants(text: string): readonly Grant[] {
  return readItems(text).map((item, index) => {
    const at = `grant ${index + 1}`;
    const { from, repositories, allow, ...others } = fieldsOf(item, at);
    refuseOthers(others, at, 'from, repositories, allow');
    const { namespaces, labels, ...rest } = fieldsOf(from, `${at}: \`from\``);
    refuseOthers(rest, `${at}: \`from\``, 'namespaces, labels');
    if (namespaces === undefined && labels === undefined) {
      throw invalidParams(`${at}: \`from\` names no namespaces and no labels; \`namespaces: ["*"]\` are all`);
    }
    const patterns = textsOf(repositories, `${at}: \`repositories\``);
    const wrong = patterns.find((pattern) => !isPlacePattern(pattern));
    if (wrong !== undefined) throw invalidParams(`${at}: ${JSON.stringify(wrong)} is no repository, and no PATH/*`);
    if (allow !== 'pull' && allow !== 'push') throw invalidParams(`${at}: \`allow\` is pull or push`);
    return {
      from: {
        ...(namespaces === undefined ? {} : { namespaces: textsOf(namespaces, `${at}: \`namespaces\``) }),
        ...(labels === undefined ? {} : { labels: pairsOf(labels, `${at}: \`labels\``) }),
      },
      repositories: patterns,
      allow,
    };
  });
}

/** A YAML list of rules. Throws InvalidParams. */
export function readTrustRules(text: string): readonly TrustRule[] {
  return readItems(text).map((item, index) => {
    const at = `rule ${index + 1}`;
    const { trust, match, ...others } = fieldsOf(item, at);
    refuseOthers(others, at, 'trust, match');
    const known = TRUSTS.find((word) => word === trust);
    if (known === undefined) throw invalidParams(`${at}: \`trust\` is one of ${TRUSTS.join(', ')}`);
    return { trust: known, match: readMatch(match, `${at}: \`match\``) };
  });
}

const LISTS = ['namespaces', 'serviceAccounts', 'events', 'branches'] as const;
const PAIRS = ['labels', 'annotations'] as const;

function readMatch(value: unknown, at: string): TrustMatch {
  const { namespaces, serviceAccounts, events, branches, fork, labels, annotations, ...others } = fieldsOf(value, at);
  refuseOthers(others, at, [...LISTS, 'fork', ...PAIRS].join(', '));
  if (fork !== undefined && typeof fork !== 'boolean') throw invalidParams(`${at}: \`fork\` is true or false`);
  const lists = { namespaces, serviceAccounts, events, branches };
  const pairs = { labels, annotations };
  return {
    ...Object.fromEntries(
      LISTS.filter((name) => lists[name] !== undefined).map((name) => [
        name,
        textsOf(lists[name], `${at}: \`${name}\``),
      ]),
    ),
    ...(fork === undefined ? {} : { fork }),
    ...Object.fromEntries(
      PAIRS.filter((name) => pairs[name] !== undefined).map((name) => [
        name,
        pairsOf(pairs[name], `${at}: \`${name}\``),
      ]),
    ),
  };
}

function readItems(text: string): readonly unknown[] {
  let value: unknown;
  try {
    value = parse(text, { maxAliasCount: 0 }) ?? [];
  } catch (error) {
    throw invalidParams(`not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`);
  }
  checkBounds('The policy', value, POLICY_BOUNDS);
  if (!Array.isArray(value)) throw invalidParams('expected a YAML list');
  return value;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldsOf(value: unknown, at: string): Fields {
  if (!isFields(value)) throw invalidParams(`${at} is not a mapping`);
  return value;
}

function refuseOthers(others: Fields, at: string, known: string): void {
  const [name] = Object.keys(others);
  if (name !== undefined) throw invalidParams(`${at} has no field ${JSON.stringify(name)}; it has ${known}`);
}

/** At least one text. */
function textsOf(value: unknown, at: string): readonly string[] {
  const texts: readonly unknown[] = Array.isArray(value) ? value : [];
  const known = texts.filter((text): text is string => typeof text === 'string' && text !== '');
  if (known.length === 0 || known.length !== texts.length) throw invalidParams(`${at} is not a list of texts`);
  return known;
}

function pairsOf(value: unknown, at: string): Readonly<Record<string, string>> {
  const pairs = Object.entries(fieldsOf(value, at));
  const known = pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  if (known.length === 0 || known.length !== pairs.length) throw invalidParams(`${at} is not a mapping of texts`);
  return Object.fromEntries(known);
}

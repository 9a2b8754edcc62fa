/** Where a run has its entries in the registry of the installation: what the token service answers to whoever asks for the scope. */
import { parseJson } from '../interface/text/parse-json.ts';
import { isRepository } from '../interface/places/image-reference.ts';
import { TRUSTS } from './place.ts';
import type { Trust } from './place.ts';

export interface RunPlaces {
  readonly trust: Trust;
  /** The namespace of the run, which its targets begin with. */
  readonly namespace: string;
  /** What stands in for the namespace in a target that is read, in this order. */
  readonly reads: readonly string[];
  /** What stands in for it in a target that is written. */
  readonly writes: string;
}

/** A place has at most 255 characters, and there are few of them. */
const MOST_CHARACTERS = 4096;
const MOST_READS = 8;

/** The answer of a token service. Undefined for anything else: each place has to lie within the one namespace. */
export function parseRunPlaces(text: string): RunPlaces | undefined {
  const value = text.length > MOST_CHARACTERS ? undefined : parseJson(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const field = (name: keyof RunPlaces): unknown => Reflect.get(value, name);
  const trust = TRUSTS.find((known) => known === field('trust'));
  const namespace = field('namespace');
  const isPlace = (place: unknown): place is string =>
    typeof place === 'string' && isRepository(place) && `${place}/`.startsWith(`${String(namespace)}/`);
  const [given, writes] = [field('reads'), field('writes')];
  const reads = Array.isArray(given) && given.length <= MOST_READS ? given.filter(isPlace) : [];
  if (trust === undefined || !isPlace(namespace) || namespace.includes('/')) return undefined;
  if (!Array.isArray(given) || reads.length === 0 || reads.length !== given.length) return undefined;
  return isPlace(writes) ? { trust, namespace, reads, writes } : undefined;
}

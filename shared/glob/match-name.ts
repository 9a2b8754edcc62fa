/**
 * Matches a name by all the places that a pattern can have come to: no pattern and no name make it go back and try again, so the
 * time is bounded by their lengths (https://swtch.com/~rsc/regexp/regexp1.html).
 */
import { characterLength, codePointAt } from './character.ts';
import type { Part, Parts } from './name-pattern.ts';

type Group = Extract<Part, { kind: 'group' }>;
/** Positions in the name, each at the beginning of a character or at its end. */
type Places = ReadonlySet<number>;

/** @returns a test of names, which are byte strings */
export function nameMatcher(parts: Parts): (name: string) => boolean {
  const [first, second, third] = parts;
  if (first === undefined) return (name) => name === '';
  if (parts.length === 1 && first.kind === 'text') return (name) => name === first.text;
  if (parts.length === 1 && first.kind === 'rest') return () => true;
  // `*.log` and `name-*`: most of all patterns.
  if (parts.length === 2 && first.kind === 'rest' && second?.kind === 'text')
    return (name) => name.endsWith(second.text);
  if (parts.length === 2 && first.kind === 'text' && second?.kind === 'rest')
    return (name) => name.startsWith(first.text);
  if (parts.length === 3 && first.kind === 'text' && second?.kind === 'rest' && third?.kind === 'text') {
    const shortest = first.text.length + third.text.length;
    return (name) => name.length >= shortest && name.startsWith(first.text) && name.endsWith(third.text);
  }
  return (name) => new NameMatch(name).matches(parts);
}

class NameMatch {
  readonly #name: string;
  /** What a group leads to is found once for each place. */
  readonly #known = new Map<Group, Map<number, Places>>();

  constructor(name: string) {
    this.#name = name;
  }

  matches(parts: Parts): boolean {
    return this.#after(parts, new Set([0])).has(this.#name.length);
  }

  #after(parts: Parts, from: Places): Places {
    let places = from;
    for (const part of parts) {
      if (places.size === 0) return places;
      places = this.#step(part, places);
    }
    return places;
  }

  #step(part: Part, places: Places): Places {
    if (part.kind === 'rest') return this.#following(Math.min(...places));
    const next = new Set<number>();
    for (const place of places) {
      if (part.kind === 'text') {
        if (this.#name.startsWith(part.text, place)) next.add(place + part.text.length);
      } else if (part.kind === 'one') {
        if (place === this.#name.length) continue;
        const length = characterLength(this.#name, place);
        if (part.accepts(codePointAt(this.#name, place, length))) next.add(place + length);
      } else {
        for (const end of this.#afterGroup(part, place)) next.add(end);
      }
    }
    return next;
  }

  /** A place and all after it. */
  #following(from: number): Set<number> {
    const places = new Set<number>();
    for (let at = from; at < this.#name.length; at += characterLength(this.#name, at)) places.add(at);
    return places.add(this.#name.length);
  }

  #afterGroup(group: Group, place: number): Places {
    const known = this.#known.get(group) ?? new Map<number, Places>();
    this.#known.set(group, known);
    const found = known.get(place) ?? this.#findAfterGroup(group, place);
    known.set(place, found);
    return found;
  }

  #findAfterGroup({ operator, alternatives }: Group, place: number): Places {
    const once = (from: Places): Set<number> => new Set(alternatives.flatMap((parts) => [...this.#after(parts, from)]));
    if (operator === '!') {
      const excluded = once(new Set([place]));
      return new Set([...this.#following(place)].filter((end) => !excluded.has(end)));
    }
    const found = once(new Set([place]));
    if (operator === '+' || operator === '*') {
      // A loop over a set also gets what is added meanwhile.
      for (const end of found) for (const further of once(new Set([end]))) found.add(further);
    }
    return operator === '?' || operator === '*' ? found.add(place) : found;
  }
}

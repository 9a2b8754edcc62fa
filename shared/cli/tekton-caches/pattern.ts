/**
 * Patterns as openshift-pipelines/tekton-caches reads them, so that its keys are found again: those of moby/patternmatcher.
 *
 * Matching goes through the path once, with the set of places that the pattern may be at: no input makes it slow.
 */
import { posix } from 'node:path';

type Token =
  | { readonly kind: 'literal'; readonly character: string }
  /** `?`, or a class in brackets. */
  | { readonly kind: 'one'; readonly of: (character: string) => boolean }
  /** `*`: any number of characters but `/`. */
  | { readonly kind: 'star' }
  /** `**` before something else: nothing, or anything up to a `/`. */
  | { readonly kind: 'directories' }
  /** `**` at the end: anything. */
  | { readonly kind: 'rest' };

interface Pattern {
  /** Begins with `!`: takes paths out that earlier patterns matched. */
  readonly isExclusion: boolean;
  /** Parts between slashes: so many directories of a path may match in its place. */
  readonly depth: number;
  matches(path: string): boolean;
}

const isNoSlash = (character: string): boolean => character !== '/';

/** @param text a pattern with `/` between its parts, put in order as Go's `filepath.Clean` does; blank ones are none */
export function parsePattern(text: string): Pattern | undefined {
  const trimmed = text.trim();
  if (trimmed === '') return undefined;
  const clean = posix.normalize(trimmed).replace(/(?<=.)\/$/, '');
  const isExclusion = clean.startsWith('!');
  const glob = isExclusion ? clean.slice(1) : clean;
  return { isExclusion, depth: glob.split('/').length, matches: matcherOf(glob) };
}

function matcherOf(glob: string): (path: string) => boolean {
  // `**` at the beginning and nothing special behind it: the end of the path, whatever stands before it.
  if (glob.startsWith('**') && !/[*?[\]\\]/.test(glob.slice(2))) {
    const suffix = glob.slice(2);
    return (path) => path.endsWith(suffix) || (suffix.startsWith('/') && path === suffix.slice(1));
  }
  const tokens = tokensOf(Array.from(glob));
  return (path) => runs(tokens, Array.from(path));
}

function tokensOf(characters: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? '';
    if (character === '*' && characters[at + 1] === '*') {
      at += characters[at + 2] === '/' ? 2 : 1;
      tokens.push({ kind: at === characters.length - 1 ? 'rest' : 'directories' });
    } else if (character === '*') tokens.push({ kind: 'star' });
    else if (character === '?') tokens.push({ kind: 'one', of: isNoSlash });
    else if (character === '[' && characters.includes(']', at + 2)) {
      const end = characters.indexOf(']', at + 2);
      tokens.push({ kind: 'one', of: classOf(characters.slice(at + 1, end)) });
      at = end;
    } else {
      if (character === '\\' && at + 1 < characters.length) at += 1;
      tokens.push({ kind: 'literal', character: characters[at] ?? '' });
    }
  }
  return tokens;
}

function classOf(inside: readonly string[]): (character: string) => boolean {
  const isNegated = inside[0] === '^';
  const members = isNegated ? inside.slice(1) : inside;
  const isMember = (character: string): boolean =>
    members.some((member, at) => {
      if (members[at + 1] === '-' && members[at + 2] !== undefined)
        return character >= member && character <= (members[at + 2] ?? '');
      return member === character;
    });
  return (character) => isMember(character) !== isNegated;
}

/** Does the whole path match? A place is the number of tokens that are done. */
function runs(tokens: readonly Token[], path: readonly string[]): boolean {
  let places = open(tokens, new Set([0]));
  path.forEach((character) => {
    const next = new Set<number>();
    for (const place of places) for (const reached of step(tokens, place, character)) next.add(reached);
    places = open(tokens, next);
  });
  return places.has(tokens.length);
}

/** Places inside of `directories`, which only a `/` leads out of, are numbered behind all others. */
const inside = (tokens: readonly Token[], place: number): number => tokens.length + 1 + place;

/** What may be passed over without a character. */
function open(tokens: readonly Token[], places: Set<number>): Set<number> {
  // A set gives what is added while it is gone through.
  for (const place of places) {
    const kind = tokens[place]?.kind;
    if (kind === 'star' || kind === 'directories' || kind === 'rest') places.add(place + 1);
  }
  return places;
}

function step(tokens: readonly Token[], place: number, character: string): number[] {
  if (place > tokens.length) {
    const within = place - tokens.length - 1;
    return character === '/' ? [place, within + 1] : [place];
  }
  const token = tokens[place];
  // Behind the last token nothing more may come.
  if (token === undefined) return [];
  if (token.kind === 'literal') return token.character === character ? [place + 1] : [];
  if (token.kind === 'one') return token.of(character) ? [place + 1] : [];
  if (token.kind === 'star') return character === '/' ? [] : [place];
  if (token.kind === 'rest') return [place];
  return character === '/' ? [inside(tokens, place), place + 1] : [inside(tokens, place)];
}

/** Do the patterns, in their order, choose the path? A pattern that matches one of its directories counts as well. */
export function chooses(patterns: readonly Pattern[], path: string): boolean {
  const directories = path.split('/').slice(0, -1);
  let chosen = false;
  for (const pattern of patterns) {
    if (pattern.isExclusion !== chosen) continue;
    const above = pattern.depth <= directories.length ? directories.slice(0, pattern.depth).join('/') : undefined;
    if (pattern.matches(path) || (above !== undefined && pattern.matches(above))) chosen = !pattern.isExclusion;
  }
  return chosen;
}

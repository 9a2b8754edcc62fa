/** Globs as users write them: docs/interface.md has the dialect, and ADR 51 the reasons. */
import { invalidParams } from '../errors.ts';
import { readBraces } from './braces.ts';
import { nameMatcher } from './match-name.ts';
import { readName, UnreadablePattern } from './name-pattern.ts';

export interface Glob {
  /** The glob in normal form: without `!`, names `.`, and slashes that mean nothing. */
  readonly text: string;
  /** Begins with `!`: takes out what it matches. */
  readonly excludes: boolean;
  /** A path of which no character has a meaning of its own. */
  readonly isPlain: boolean;
  readonly alternatives: readonly (readonly Component[])[];
}

/** Any number of directories, or what one name has to be like. Names are byte strings. */
export type Component = '**' | NameTest;

interface NameTest {
  /** The only name that it matches. */
  readonly name?: string;
  matches(name: string): boolean;
}

/** The bound on all braces of a list together, so that a list that others wrote is read in a moment. */
const MOST_ALTERNATIVES = 1000;
const MOST_CHARACTERS = 1 << 17;

/**
 * @param param that the globs are from, for messages
 * @throws CacheError `InvalidParams` for what is not well formed, or not relative
 */
export function readGlobs(param: string, globs: readonly string[]): Glob[] {
  const room = { alternatives: MOST_ALTERNATIVES, characters: MOST_CHARACTERS };
  return globs.map((written) => {
    const refuse = (problem: string, cause?: unknown): never => {
      const message = `\`${param}\`: the glob ${JSON.stringify(written)} ${problem}.`;
      throw invalidParams(message, { cause });
    };
    const excludes = written.startsWith('!');
    const text = plainPath(written.slice(excludes ? 1 : 0));
    if (isPlain(text)) return { text, excludes, isPlain: true, alternatives: [componentsOf(text, refuse)] };
    const braces = readBraces(text);
    if (typeof braces === 'string') return refuse(braces);
    if (braces.count > 1) {
      room.alternatives -= braces.count;
      room.characters -= braces.count * text.length;
      if (room.alternatives < 0 || room.characters < 0) refuse('stands for too many others; write fewer braces');
    }
    const texts = braces.expand().map(plainPath);
    const alternatives = texts.filter((path) => path !== '').map((path) => componentsOf(path, refuse));
    if (alternatives.length === 0) refuse('is no path in a directory');
    // A name may have braces in it.
    if (braces.count > 1) alternatives.push(text.split('/').map(named));
    return { text, excludes, isPlain: false, alternatives };
  });
}

/** True when no character of a path has a meaning of its own. */
export function isPlain(path: string): boolean {
  return !/[*?[\]{}()!+@|\\]/.test(path);
}

/** The glob that matches this path and no other. */
export function escapeGlob(path: string): string {
  return path.replaceAll(/[*?[\]{}()!+@|\\]/g, '\\$&');
}

/** The path without `.`, repeated slashes and the like. An absolute path stays absolute. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((name, n) => name !== '.' && (name !== '' || n === 0))
    .join('/');
}

function componentsOf(path: string, refuse: (problem: string, cause?: unknown) => never): Component[] {
  if (path === '') refuse('is no path in a directory');
  if (path.startsWith('/')) refuse('is absolute; write it relative to the workspace');
  const components: Component[] = [];
  for (const name of path.split('/')) {
    if (name === '..') refuse('holds `..`; a cache never reaches out of its workspace');
    if (name !== '**') components.push(componentOf(name, refuse));
    else if (components.at(-1) !== '**') components.push('**');
  }
  return components;
}

function componentOf(name: string, refuse: (problem: string, cause?: unknown) => never): NameTest {
  const written = named(name);
  if (isPlain(name)) return written;
  try {
    const matches = nameMatcher(readName(name));
    // `app/[id]/page.json` is the name of a file, whatever it matches besides.
    return { matches: (found) => found === written.name || matches(found) };
  } catch (error) {
    if (error instanceof UnreadablePattern) return refuse(error.message, error);
    throw error;
  }
}

function named(text: string): NameTest {
  const name = Buffer.from(text, 'utf8').toString('latin1');
  return { name, matches: (found) => found === name };
}

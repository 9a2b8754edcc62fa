/** Which paths of a workspace an entry is about. */
import { hash } from 'node:crypto';
import { GlobState } from '../../glob/glob-state.ts';
import { plainPath, readGlobs } from '../../glob/glob.ts';
import { isReservedPath } from '../format.ts';
import { toByteString } from './path.ts';

/**
 * - `inside`: part of the entry, with all below it
 * - `above`: a directory on the way to something inside; part of the entry, but not what else is in it
 * - `outside`: never stored and never touched, with all below it
 */
export type Relation = 'inside' | 'above' | 'outside';

export interface Selection {
  /** Equal for equal selections; a part of a file name. */
  readonly key: string;
  /** Links that stand for what they lead to, by their paths: absolute byte strings of that, without a link on the way. */
  readonly links: ReadonlyMap<string, string>;
  /** True where something may be outside in a directory that is inside. */
  readonly hasExceptions: boolean;
  /** Where a path lies, given that its parent is not outside. Quickest when paths come in order. */
  relation(path: string): Relation;
}

/** What holds for a directory, and for the paths in it. */
interface Place {
  readonly relation: Relation;
  /** True where all below the path is inside as well. */
  readonly isWhole: boolean;
  /** The globs of the chosen paths; undefined where the whole workspace is chosen. */
  readonly paths: GlobState | undefined;
  readonly exclude: GlobState;
}

interface Directory {
  /** The beginning of all paths below the directory. */
  readonly prefix: string;
  readonly place: Place;
}

/**
 * @param paths globs relative to the workspace, `!` takes out; empty: all of it
 * @param exclude globs relative to the workspace; what they match is outside with all below it
 * @throws CacheError `InvalidParams` for a glob that is not well formed, or leads out
 */
export function selectionOf(paths: readonly string[], exclude: readonly string[]): Selection {
  return new GlobSelection(paths, exclude);
}

/** Is what lies there no part of the entry? On the way to something inside, only a directory leads on: all else is outside. */
export function isOutside(relation: Relation, isDirectory: boolean): boolean {
  return relation === 'outside' || (relation === 'above' && !isDirectory);
}

/** Where any path lies, whatever its parents are. */
export function relationOf(selection: Selection, path: string): Relation {
  for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
    if (selection.relation(path.slice(0, slash)) === 'outside') return 'outside';
  }
  return selection.relation(path);
}

const NO_LINKS: ReadonlyMap<string, string> = new Map();

class GlobSelection implements Selection {
  readonly key: string;
  readonly links = NO_LINKS;
  readonly hasExceptions: boolean;
  readonly #top: Directory;
  /** The directories below the workspace in which the last path is, outermost first. */
  readonly #trail: Directory[] = [];

  constructor(paths: readonly string[], exclude: readonly string[]) {
    const chosen = paths.map(plainPath).filter((path) => path !== '');
    const everything = chosen.length < paths.length || paths.length === 0;
    const globs = everything ? [] : readGlobs('paths', chosen);
    const written = globs.map(({ text, excludes }) => toByteString(excludes ? `!${text}` : text));
    this.key = hash('sha256', JSON.stringify([written.sort(), exclude.toSorted()])).slice(0, 16);
    this.hasExceptions = exclude.length > 0 || globs.some(({ excludes }) => excludes);
    const place = placeOf(everything ? undefined : GlobState.top(globs), GlobState.top(readGlobs('exclude', exclude)));
    this.#top = { prefix: '', place };
  }

  relation(path: string): Relation {
    if (isReservedPath(path)) return 'outside';
    let { prefix, place } = this.#directory(path);
    while (!place.isWhole) {
      const slash = path.indexOf('/', prefix.length);
      place = enter(place, path.slice(prefix.length, slash < 0 ? undefined : slash));
      if (slash < 0) return place.relation;
      prefix = path.slice(0, slash + 1);
      this.#trail.push({ prefix, place });
    }
    return 'inside';
  }

  /** The innermost directory of the trail that the path is in; what is behind it is forgotten. */
  #directory(path: string): Directory {
    let last = this.#trail.at(-1);
    while (last !== undefined && !path.startsWith(last.prefix)) {
      this.#trail.pop();
      last = this.#trail.at(-1);
    }
    return last ?? this.#top;
  }
}

function enter({ paths, exclude }: Place, name: string): Place {
  return placeOf(paths?.enter(name), exclude.enter(name));
}

function placeOf(paths: GlobState | undefined, exclude: GlobState): Place {
  const isChosen = paths?.covered ?? true;
  const leadsOn = isChosen || paths?.leadsOn === true;
  // A `!` of the list brings back what is in a directory that is excluded.
  const onTheWay = exclude.covered ? leadsOn && exclude.leadsOut : leadsOn;
  const relation = isChosen && !exclude.covered ? 'inside' : onTheWay ? 'above' : 'outside';
  const isWhole = relation === 'inside' && paths?.leadsOut !== true && !exclude.leadsOn;
  return { relation, isWhole, paths, exclude };
}

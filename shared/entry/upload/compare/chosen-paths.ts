/** What `paths` choose of a workspace, found before anything is compared: an entry with nothing in it would be an exact hit that restores nothing. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Steps } from '../../../pace.ts';
import { GlobState } from '../../../glob/glob-state.ts';
import { readGlobs } from '../../../glob/glob.ts';
import type { Glob } from '../../../glob/glob.ts';
import { at, statsAt } from '../../../archive/files/attributes.ts';
import { listNames } from '../../../archive/files/walk.ts';
import { isAscii, parentOf, printable, toByteString } from '../../../archive/paths/path.ts';
import { selectionOf } from '../../../archive/paths/selection.ts';
import type { Relation, Selection } from '../../../archive/paths/selection.ts';
import { RESERVED_NAME } from '../../../archive/format.ts';

export interface ChosenPaths {
  /** Of the paths that are there: a directory that leads to none of them is no part of the entry. */
  readonly selection: Selection;
  /** Globs of `paths` for which nothing is there, or only empty directories. */
  readonly without: readonly string[];
  /** At least one path has something in it; true as well when the whole workspace is chosen. */
  readonly anything: boolean;
}

/** The part of a workspace that an upload is asked for. */
export interface AskedPaths {
  readonly dir: string;
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
}

/** @throws CacheError `Unreadable` for a path that is a symbolic link, or leads through one: what is behind it is no part of the entry */
export function* choosePaths({ dir, paths, exclude }: AskedPaths): Steps<ChosenPaths> {
  const selection = selectionOf(paths, exclude);
  // A workspace that is not there is for the walk to tell.
  if (paths.length === 0 || !fs.existsSync(dir)) return { selection, without: [], anything: true };
  const root = toByteString(dir);
  const globs = readGlobs('paths', paths);
  const excluding = GlobState.top(readGlobs('exclude', exclude));
  const found = yield* new Search(root, globs).run(excluding);
  const taken = globs.filter(({ excludes }) => excludes);
  const without: string[] = [];
  for (const glob of globs) {
    if (glob.excludes || hasContent(found, glob)) continue;
    // What is in another one's directory was not looked for.
    const alone = yield* new Search(root, [glob, ...taken]).run(excluding);
    if (!hasContent(alone, glob)) without.push(glob.text);
  }
  return {
    selection: reachedSelection(
      selection,
      found.map(({ path }) => path),
    ),
    without,
    anything: found.some(({ isEmpty }) => !isEmpty),
  };
}

function hasContent(found: readonly Chosen[], glob: Glob): boolean {
  return found.some(({ globs, isEmpty }) => !isEmpty && globs.includes(glob));
}

/** Something that is chosen with all that is in it. */
interface Chosen {
  readonly path: string;
  readonly globs: readonly Glob[];
  /** A directory with nothing in it. */
  readonly isEmpty: boolean;
}

/** The outermost paths that are chosen. */
class Search {
  readonly #root: string;
  readonly #globs: readonly Glob[];
  readonly #found: Chosen[] = [];

  constructor(root: string, globs: readonly Glob[]) {
    this.#root = root;
    this.#globs = globs;
  }

  *run(exclude: GlobState): Steps<readonly Chosen[]> {
    yield* this.#enter('', GlobState.top(this.#globs), exclude);
    return this.#found;
  }

  *#enter(directory: string, paths: GlobState, exclude: GlobState): Steps {
    const names = paths.covered ? undefined : paths.names;
    for (const name of names ?? this.#list(directory)) {
      yield;
      const path = directory === '' ? name : `${directory}/${name}`;
      if (path !== RESERVED_NAME) yield* this.#look(path, paths.enter(name), exclude.enter(name));
    }
  }

  *#look(path: string, paths: GlobState, exclude: GlobState): Steps {
    const isChosen = paths.covered && !exclude.covered;
    const leadsOn = exclude.covered ? exclude.leadsOut : paths.leadsOn;
    if (!isChosen && !leadsOn) return;
    const stats = statsAt(at(this.#root, path));
    if (stats?.isSymbolicLink() === true) {
      if (isChosen || paths.behindLink().leadsOn) throw this.#linked(path);
    } else if (isChosen && stats !== undefined) {
      const isEmpty = stats.isDirectory() && !(yield* this.#holdsAnything(path, paths, exclude));
      this.#found.push({ path, globs: paths.matched, isEmpty });
    } else if (stats?.isDirectory() === true) {
      yield* this.#enter(path, paths, exclude);
    }
  }

  /** Is anything in a directory that is chosen left of it? */
  *#holdsAnything(directory: string, paths: GlobState, exclude: GlobState): Steps<boolean> {
    const names = this.#list(directory);
    if (!paths.leadsOut && !exclude.leadsOn) return names.length > 0;
    for (const name of names) {
      yield;
      const path = `${directory}/${name}`;
      const [inside, excluded] = [paths.enter(name), exclude.enter(name)];
      const isLeft = inside.covered && !excluded.covered;
      if (statsAt(at(this.#root, path))?.isDirectory() !== true) {
        if (isLeft) return true;
      } else if ((isLeft || excluded.leadsOut) && (yield* this.#holdsAnything(path, inside, excluded))) {
        return true;
      }
    }
    return false;
  }

  #linked(path: string): CacheError {
    const glob = this.#globs.find((one) => {
      const state = GlobState.top([{ ...one, excludes: false }]).at(path);
      return state.covered || state.behindLink().leadsOn;
    });
    const target = fs.readlinkSync(at(this.#root, path));
    return new CacheError(
      ERROR_CODES.Unreadable,
      `\`paths\`: ${glob?.text} leads to or through ${printable(path)}, a symbolic link to ${target}. What is behind a link is no part of an entry: name the directory itself.`,
    );
  }

  #list(relative: string): string[] {
    const absolute = relative === '' ? this.#root : `${this.#root}/${relative}`;
    return listNames({ absolute, relative, ascii: isAscii(absolute) });
  }
}

/** A selection in a workspace of which this is known: the outermost paths of it that are there. */
function reachedSelection(selection: Selection, outermost: readonly string[]): Selection {
  const chosen = new Set(outermost);
  const above = new Set<string>();
  for (const path of outermost) {
    for (let parent = parentOf(path); parent !== '' && !above.has(parent); parent = parentOf(parent)) above.add(parent);
  }
  const isWithin = (path: string): boolean => {
    for (let part = path; part !== ''; part = parentOf(part)) if (chosen.has(part)) return true;
    return false;
  };
  return {
    key: selection.key,
    hasExceptions: selection.hasExceptions,
    relation(path): Relation {
      const relation = selection.relation(path);
      return relation !== 'above' || above.has(path) || isWithin(path) ? relation : 'outside';
    },
  };
}

/** What `paths` choose of a workspace, found before anything is compared: an entry with nothing in it would be an exact hit that restores nothing. */
import * as fs from 'node:fs';
import { CacheError, ERROR_CODES } from '../../../errors.ts';
import type { Steps } from '../../../pace.ts';
import { GlobState } from '../../../glob/glob-state.ts';
import { readGlobs } from '../../../glob/glob.ts';
import type { Glob } from '../../../glob/glob.ts';
import { at } from '../../../archive/files/attributes.ts';
import { realPathIn } from '../../../archive/files/in-tree.ts';
import { listNames, lookAt, unreadable } from '../../../archive/files/walk/walk.ts';
import type { WalkPlace } from '../../../archive/files/walk/walk.ts';
import { isAscii, printable, toByteString } from '../../../archive/paths/path.ts';
import { selectionOf } from '../../../archive/paths/selection.ts';
import type { Selection } from '../../../archive/paths/selection.ts';
import { isReservedPath } from '../../../archive/format.ts';
import { reachedSelection } from './reached-selection.ts';

interface ChosenPaths {
  /** The selection of the paths that are there: a directory that leads to none of them is no part of the entry. */
  readonly selection: Selection;
  /** Globs of `paths` for which nothing is there, or only directories with nothing but directories in them. */
  readonly without: readonly string[];
  /** At least one path has something in it; true as well when the whole workspace is chosen. */
  readonly anything: boolean;
}

/** The part of a workspace that an upload is asked for. */
interface AskedPaths {
  readonly dir: string;
  readonly paths: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * A link that is chosen itself stands for what it leads to, as with `find -H`.
 *
 * @throws CacheError `Unreadable` for a link that leads out of the workspace, and for a way through a link
 */
export function* choosePaths({ dir, paths, exclude }: AskedPaths): Steps<ChosenPaths> {
  const selection = selectionOf(paths, exclude);
  // A workspace that is not there is for the walk to tell.
  if (paths.length === 0 || !fs.existsSync(dir)) return { selection, without: [], anything: true };
  const root = toByteString(dir);
  const globs = readGlobs('paths', paths);
  const excluding = GlobState.top(readGlobs('exclude', exclude));
  const { chosen, links } = yield* new Search(root, globs).run(excluding);
  const taken = globs.filter(({ excludes }) => excludes);
  const without: string[] = [];
  for (const glob of globs) {
    if (glob.excludes || hasContent(chosen, glob)) continue;
    // The search with all globs does not look for a path below one that another glob has chosen.
    const alone = yield* new Search(root, [glob, ...taken]).run(excluding);
    if (!hasContent(alone.chosen, glob)) without.push(glob.text);
  }
  const outermost = chosen.map(({ path }) => path);
  const anything = chosen.some(({ isEmpty }) => !isEmpty);
  return { selection: reachedSelection(selection, outermost, links), without, anything };
}

function hasContent(chosen: readonly Chosen[], glob: Glob): boolean {
  return chosen.some(({ globs, isEmpty }) => !isEmpty && globs.includes(glob));
}

/** Something that is chosen with all that is in it. */
interface Chosen {
  readonly path: string;
  readonly globs: readonly Glob[];
  /** A directory with nothing in it but directories. */
  readonly isEmpty: boolean;
}

interface Found {
  readonly chosen: readonly Chosen[];
  /** The chosen paths that are links, with what they lead to. */
  readonly links: ReadonlyMap<string, string>;
}

/** Finds the outermost paths that are chosen. */
class Search {
  readonly #root: string;
  readonly #globs: readonly Glob[];
  readonly #found: Chosen[] = [];
  readonly #links = new Map<string, string>();

  constructor(root: string, globs: readonly Glob[]) {
    this.#root = root;
    this.#globs = globs;
  }

  *run(exclude: GlobState): Steps<Found> {
    yield* this.#enter('', GlobState.top(this.#globs), exclude);
    return { chosen: this.#found, links: this.#links };
  }

  *#enter(directory: string, paths: GlobState, exclude: GlobState): Steps {
    const names = paths.covered ? undefined : paths.names;
    for (const name of names ?? this.#list(directory)) {
      yield;
      const path = directory === '' ? name : `${directory}/${name}`;
      if (!isReservedPath(path)) yield* this.#look(path, paths.enter(name), exclude.enter(name));
    }
  }

  *#look(path: string, paths: GlobState, exclude: GlobState): Steps {
    const isChosen = paths.covered && !exclude.covered;
    const leadsOn = exclude.covered ? exclude.leadsOut : paths.leadsOn;
    if (!isChosen && !leadsOn) return;
    let stats = lookAt(this.#place(path));
    if (stats?.isSymbolicLink() === true) {
      if (!isChosen && paths.behindLink().leadsOn) {
        throw this.#refusal(path, 'and leads through it: name the directory behind it');
      }
      const target = isChosen ? this.#follow(path) : undefined;
      if (target === undefined) return;
      this.#links.set(path, target);
      stats = lookAt({ absolute: target, relative: path, ascii: isAscii(target) });
    }
    if (isChosen && stats !== undefined) {
      const isEmpty = stats.isDirectory() && !(yield* this.#holdsAnything(path, paths, exclude));
      this.#found.push({ path, globs: paths.matched, isEmpty });
    } else if (stats?.isDirectory() === true) {
      yield* this.#enter(path, paths, exclude);
    }
  }

  /** Is anything but directories in a directory that is chosen, and left of it? */
  *#holdsAnything(directory: string, paths: GlobState, exclude: GlobState): Steps<boolean> {
    for (const name of this.#list(directory)) {
      yield;
      const path = `${directory}/${name}`;
      const [inside, excluded] = [paths.enter(name), exclude.enter(name)];
      const isLeft = inside.covered && !excluded.covered;
      if (lookAt(this.#place(path))?.isDirectory() !== true) {
        if (isLeft) return true;
      } else if ((isLeft || excluded.leadsOut) && (yield* this.#holdsAnything(path, inside, excluded))) {
        return true;
      }
    }
    return false;
  }

  /** Where a link leads that is chosen itself; nothing where that is not there. */
  #follow(path: string): string | undefined {
    const link = at(this.#root, path);
    let outside: string;
    try {
      const target = realPathIn(this.#root, path);
      if (target !== undefined || !fs.existsSync(link)) return target;
      outside = fs.realpathSync(link);
    } catch (error) {
      throw unreadable(path, error);
    }
    throw this.#refusal(path, `which leads to ${outside}, outside of what is cached: take it out with \`!\``);
  }

  #refusal(path: string, why: string): CacheError {
    const glob = this.#globs.find((one) => {
      const state = GlobState.top([{ ...one, excludes: false }]).at(path);
      return state.covered || state.behindLink().leadsOn;
    });
    const message = `\`paths\`: ${glob?.text} names the symbolic link ${printable(path)}, ${why}.`;
    return new CacheError(ERROR_CODES.Unreadable, message);
  }

  #list(directory: string): string[] {
    return listNames(this.#place(directory));
  }

  #place(relative: string): WalkPlace {
    const absolute = relative === '' ? this.#root : `${this.#root}/${relative}`;
    return { absolute, relative, ascii: isAscii(absolute) };
  }
}

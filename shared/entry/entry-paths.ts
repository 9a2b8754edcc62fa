import { CacheError } from '../errors.ts';
import { GlobState } from '../glob/glob-state.ts';
import { readGlobs } from '../glob/glob.ts';
import type { Glob } from '../glob/glob.ts';
import { toByteString } from '../archive/paths/path.ts';

/** The `paths` that an entry was made of, as they were given. Without this check, a fetch of other directories would be a hit that restores nothing. */
const PATHS = 'cache.tekton.dev/paths';

/** A request has no more paths, and no longer ones. */
const MOST_PATHS = 4096;
const LONGEST_PATH = 4096;

/** The annotation that names the chosen paths; empty for a whole workspace. */
export function pathsAnnotation(paths: readonly string[]): Readonly<Record<string, string>> {
  return paths.length === 0 ? {} : { [PATHS]: JSON.stringify(paths.toSorted()) };
}

/** Was the entry made of all of `wanted`? True for images that do not say what they were made of. */
export function holdsPaths(annotations: Readonly<Record<string, string>>, wanted: readonly string[]): boolean {
  const stored = parse(annotations[PATHS]);
  if (stored === undefined || wanted.length === 0) return true;
  const made = readStored(stored);
  if (made === undefined) return false;
  const globs = readGlobs('paths', wanted);
  const chosen = globs.filter(({ excludes }) => !excludes);
  const lacks = (left: Glob): boolean =>
    !globs.some(({ excludes, text }) => excludes && text === left.text) && chosen.some((glob) => mayMeet(glob, left));
  return (
    chosen.every((glob) => made.some((other) => !other.excludes && isHeld(glob, other))) &&
    !made.some((other) => other.excludes && lacks(other))
  );
}

/** Globs that are written alike match alike; otherwise one of the two has to be a name. */
function isHeld(glob: Glob, made: Glob): boolean {
  if (glob.text === made.text || made.text === '**') return true;
  if (glob.isPlain) return made.isPlain ? reaches(made, glob) : covers(made, glob);
  return made.isPlain && isBelow(glob, made);
}

/** May both match the same, or one what is in what the other matches? */
function mayMeet(a: Glob, b: Glob): boolean {
  if (a.isPlain) return reaches(b, a);
  return !b.isPlain || reaches(a, b);
}

/** Does a glob match a name, or something above or below it? */
function reaches(glob: Glob, name: Glob): boolean {
  return covers(glob, name) || stateAt(glob, name).leadsOn;
}

/** Does a glob match a name, or something above it? */
function covers(glob: Glob, name: Glob): boolean {
  return stateAt(glob, name).covered;
}

function stateAt(glob: Glob, { text }: Glob): GlobState {
  return GlobState.top([{ ...glob, excludes: false }]).at(toByteString(text));
}

/** Does all that a glob matches lie in the directory of that name? */
function isBelow({ alternatives }: Glob, { text }: Glob): boolean {
  const names = toByteString(text).split('/');
  return alternatives.every((components) =>
    names.every((name, n) => {
      const component = components[n];
      return component !== undefined && component !== '**' && component.name === name;
    }),
  );
}

/** The globs; undefined where no request can have had them. */
function readStored(paths: readonly string[]): Glob[] | undefined {
  if (paths.length > MOST_PATHS || paths.some((path) => path.length > LONGEST_PATH)) return undefined;
  try {
    return readGlobs('paths', paths);
  } catch (error) {
    if (error instanceof CacheError) return undefined;
    throw error;
  }
}

function parse(annotation: string | undefined): readonly string[] | undefined {
  if (annotation === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(annotation);
    return Array.isArray(value) ? value.filter((path) => typeof path === 'string') : undefined;
  } catch {
    return undefined;
  }
}

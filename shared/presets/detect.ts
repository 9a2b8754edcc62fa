import { GlobState } from '../glob/glob-state.ts';
import { readGlobs } from '../glob/glob.ts';
import { FOREIGN_DIRECTORIES } from './foreign.ts';
import { markFiles } from './preset.ts';
import type { Family, Mark, Preset } from './preset.ts';
import { PRESETS } from './table.ts';

export interface Detected {
  readonly preset: Preset;
  /** What says so, for the log: `go.mod`, or `ui/package-lock.json and 2 more directories`. */
  readonly why: string;
  /** Another of the family that the same directory names, and that is found nowhere. */
  readonly passedOver?: { readonly name: string; readonly file: string };
}

/** Tools of Python share these: beside a lockfile they name no other one. */
const SHARED_MARKS: readonly string[] = ['pyproject.toml', 'setup.py'];

const MARKS = PRESETS.flatMap(({ marks }) => marks);

/** Globs of the names that `detectPresets` looks for, at whatever depth. */
export const MARK_NAMES: readonly string[] = [...new Set(MARKS.flatMap(markFiles))];

const READ = new Map(
  MARKS.flatMap(({ files }) => files).map((glob) => [glob, GlobState.top(readGlobs('marks', [glob]))]),
);

interface Found {
  readonly preset: Preset;
  readonly mark: Mark;
  readonly directory: string;
  readonly names: readonly string[];
  /** The other of its family that won in this directory. */
  readonly beatenBy?: Preset;
}

/**
 * The presets that apply to sources with these files (paths relative to the sources, with `/`), in the order of the table.
 *
 * One directory has at most one preset of a family: a lockfile or a wrapper beats what only describes a project, and what is
 * earlier in the table beats what is later; a directory of requirements counts with the one that it is in. Both wrappers of the JVM
 * count: who moves on to another tool may forget a lockfile, while two wrappers are two ways to build. Different directories may be different projects.
 */
export function detectPresets(files: readonly string[]): Detected[] {
  const places = [...byDirectory(files)].flatMap(([directory, names]) => detectIn(directory, names));
  const every = places.map((place) => besideProject(place, places));
  const won = every.filter(({ beatenBy }) => beatenBy === undefined);
  const usual = won.filter(({ mark }) => mark.alone !== true);
  const found = usual.length > 0 ? usual : won;
  const isFound = (preset: Preset): boolean => found.some((place) => place.preset === preset);
  const lost = every.filter(
    ({ preset, mark, beatenBy }) =>
      beatenBy !== undefined && !isFound(preset) && !mark.files.some((glob) => SHARED_MARKS.includes(glob)),
  );
  return PRESETS.flatMap((preset) => {
    const all = found.filter((place) => place.preset === preset);
    const sure = all.filter(({ mark }) => mark.sure);
    const counted = sure.length > 0 ? sure : all;
    const first = counted[0];
    if (first === undefined) return [];
    const rival = lost.find(({ beatenBy }) => beatenBy === preset);
    const passedOver = rival === undefined ? {} : { passedOver: { name: rival.preset.name, file: whyOf(rival, 0) } };
    return [{ preset, why: whyOf(first, counted.length - 1), ...passedOver }];
  });
}

/** Why a preset is found, and what of the sources might mean another one: for the log. */
export function reasonFor({ why, passedOver }: Detected): string {
  if (passedOver === undefined) return why;
  return `${why}, which goes before ${passedOver.file}: where ${passedOver.name} is the tool, name it`;
}

/** Outer directories first: the log names the outermost file, which people think of. */
function byDirectory(files: readonly string[]): Map<string, string[]> {
  const directories = new Map<string, string[]>();
  for (const file of files.toSorted((a, b) => depth(a) - depth(b) || (a < b ? -1 : 1))) {
    const parts = file.split('/');
    const name = parts.pop() ?? '';
    if (parts.some((part) => FOREIGN_DIRECTORIES.includes(part))) continue;
    const directory = parts.join('/');
    directories.set(directory, [...(directories.get(directory) ?? []), name]);
  }
  return directories;
}

function detectIn(directory: string, names: readonly string[]): Found[] {
  const found = PRESETS.flatMap((preset) => {
    const marks = preset.marks.filter(
      ({ files, within }) =>
        (within === undefined || directory.split('/').at(-1) === within) &&
        files.every((glob) => names.some((name) => isLike(name, glob))),
    );
    const mark = marks.find(({ sure }) => sure) ?? marks[0];
    return mark === undefined ? [] : [{ preset, mark, directory, names }];
  });
  const best = new Map<Family, Found>();
  for (const candidate of found) {
    const { family } = candidate.preset;
    const rival = best.get(family);
    if (rival === undefined || (candidate.mark.sure && !rival.mark.sure)) best.set(family, candidate);
  }
  return found.map((candidate) => {
    const { preset, mark } = candidate;
    const isWrapper = preset.family === 'jvm' && mark.sure;
    const winner = best.get(preset.family) ?? candidate;
    const wins = preset.family === 'other' || isWrapper || winner === candidate;
    return wins ? candidate : { ...candidate, beatenBy: winner.preset };
  });
}

/** A directory of requirements is of the project that it is in, whose tool goes before: uv and Poetry write such files for others. */
function besideProject(place: Found, places: readonly Found[]): Found {
  const { preset, mark, directory } = place;
  if (mark.within === undefined) return place;
  const above = directory.split('/').slice(0, -1).join('/');
  const winner = places.find(
    (other) => other.directory === above && other.preset.family === preset.family && other.beatenBy === undefined,
  );
  return winner === undefined || winner.preset === preset ? place : { ...place, beatenBy: winner.preset };
}

function whyOf({ mark, directory, names }: Found, others: number): string {
  const paths = mark.files.map((glob) => {
    const name = names.find((candidate) => isLike(candidate, glob)) ?? glob;
    return directory === '' ? name : `${directory}/${name}`;
  });
  const more = others === 0 ? '' : `, and in ${others} more ${others === 1 ? 'directory' : 'directories'}`;
  return paths.join(' with ') + more;
}

function depth(path: string): number {
  return path.split('/').length;
}

/** @param glob one of a mark; they are ASCII, and so is what they match but for `*` */
function isLike(name: string, glob: string): boolean {
  return READ.get(glob)?.enter(name).covered === true;
}

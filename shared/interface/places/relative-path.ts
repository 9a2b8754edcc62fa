import { invalidParams } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import { plainPath, readGlobs } from '../../glob/glob.ts';
import { RESERVED_DIRECTORY } from '../../reserved-directory.ts';

/** `..` as a whole name, also inside of a glob's braces. */
const PARENT = /(?:^|[/{(,|])\.\.(?:[/}),|]|$)/;

/** Linux takes no longer path. */
const LONGEST = 4095;

/** Refuses what could lead out of the workspace. `text` is a path or a glob, without a leading `!`. */
export function checkRelative(param: string, text: string): void {
  const refuse = (why: string): never => {
    throw invalidParams(`\`${param}\`: ${JSON.stringify(text)} ${why}.`);
  };
  if (text === '') refuse('is empty');
  if (text.length > LONGEST) refuse(`has more than ${LONGEST} characters`);
  if (text.includes('\0')) refuse('holds a NUL character');
  if (text.startsWith('/')) refuse('is absolute; write it relative to the workspace');
  if (PARENT.test(text)) refuse('holds `..`; a cache never reaches out of its workspace');
}

/** Globs that match all that is in a directory. */
const EVERYTHING = ['', '*', '**', '**/*'];

/**
 * The globs of `paths` in normal form, names inside of another one dropped. Empty, the whole workspace, where one of them is `.` and no `!` takes
 * anything out.
 */
export function normalPaths(paths: readonly string[]): string[] {
  const excluding = new Set<string>();
  const including = new Set<string>();
  for (const path of paths) {
    const excludes = path.startsWith('!');
    const written = excludes ? path.slice(1) : path;
    checkRelative('paths', written);
    const clean = plainPath(written);
    if (clean.split('/')[0] === RESERVED_DIRECTORY) throw invalid(`${RESERVED_DIRECTORY} is this tool's own directory`);
    if (excludes) excluding.add(`!${clean}`);
    else including.add(EVERYTHING.includes(clean) ? '**' : clean);
  }
  if (including.size === 0 && excluding.size > 0) {
    throw invalid('there are excluding globs (`!`) only; name what to cache as well');
  }
  const chosen = including.has('**') ? ['**'] : [...including];
  const globs = readGlobs('paths', [...chosen, ...excluding]);
  if (including.has('**')) return excluding.size === 0 ? [] : ['**', ...excluding];
  const names = globs.filter(({ isPlain, excludes }) => isPlain && !excludes).map(({ text }) => text);
  const outermost = withoutInner(names);
  const inner = new Set(names.filter((name) => !outermost.has(name)));
  return [...chosen.filter((path) => !inner.has(path)), ...excluding];
}

function invalid(problem: string): CacheError {
  return invalidParams(`\`paths\`: ${problem}.`);
}

/** The paths without those inside of another one. In byte order, what is inside of a directory follows it. */
function withoutInner(paths: readonly string[]): ReadonlySet<string> {
  const kept: string[] = [];
  for (const path of paths.map((path) => `${path}/`).sort()) {
    const last = kept.at(-1);
    if (last === undefined || !path.startsWith(last)) kept.push(path);
  }
  return new Set(kept.map((path) => path.slice(0, -1)));
}

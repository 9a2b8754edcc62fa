import { CacheError, ERROR_CODES } from '../errors.ts';
import { RESERVED_DIRECTORY } from '../reserved-directory.ts';

/** `..` as a whole name, also inside of braces. */
const PARENT = /(?:^|[/{(,|])\.\.(?:[/}),|]|$)/;

export interface Patterns {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** Sorts globs into those that match and those that exclude (`!`). Throws InvalidParams for one that could leave `source`. */
export function readPatterns(globs: readonly string[]): Patterns {
  const include: string[] = [];
  const exclude = [`**/${RESERVED_DIRECTORY}`];
  for (const glob of globs) {
    const excluding = glob.startsWith('!');
    const pattern = plainPath(glob.slice(excluding ? 1 : 0));
    if (pattern === '' || pattern.startsWith('/') || PARENT.test(pattern)) {
      throw new CacheError(
        ERROR_CODES.InvalidParams,
        `\`files\`: ${JSON.stringify(glob)} has to be a glob relative to the workspace \`source\`, without \`..\`.`,
      );
    }
    (excluding ? exclude : include).push(literalParentheses(pattern));
  }
  // What excludes a directory excludes all that is in it.
  return { include, exclude: exclude.flatMap((pattern) => [pattern, `${pattern}/**`]) };
}

/** Parentheses are a part of names, `app/(shop)`, unless they hold alternatives or follow a sign that gives them a meaning. */
function literalParentheses(pattern: string): string {
  return pattern.replaceAll(/(?<![!?*+@\\])\(([^()|]*)\)/g, '\\($1\\)');
}

/** Without what does not matter to where a path leads: a file has one path in the hash, however a glob is written. */
export function plainPath(path: string): string {
  return path
    .split('/')
    .filter((name, n) => name !== '.' && (name !== '' || n === 0))
    .join('/');
}

/**
 * Globs against byte strings (path.ts): `*`, `?`, `[...]`, `{a,b}`, and `**` for any number of directories. Dots are like
 * other characters, as a cache is full of names that begin with one.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import { toByteString } from './path.ts';

/** One character of UTF-8, or one byte that is none. */
const ANY_CHARACTER = '(?:[\\x00-\\x2e\\x30-\\x7f]|[\\xc0-\\xff][\\x80-\\xbf]*|[\\x80-\\xbf])';
const ANY_IN_NAME = '[^/]*';

/** Matches whole paths. @throws CacheError `InvalidParams` for a glob that is not well formed or not relative */
export function compileGlob(glob: string): RegExp {
  const pattern = toByteString(withoutEnds(glob));
  if (pattern === '' || pattern.startsWith('/') || pattern.split('/').includes('..')) {
    refuse(glob, 'has to be relative to the cache and without `..`');
  }
  let source = '';
  let depth = 0;
  for (let at = 0; at < pattern.length;) {
    const rest = pattern.slice(at);
    const token = /^(?:\*\*\/|\*\*$|\*+|\?|\[(?:!|\^)?\]?[^\]]*\]|\{|\}|,|\\.|[^])/.exec(rest)?.[0] ?? '';
    if (/^[+@!?*]\(/.test(rest)) {
      refuse(
        glob,
        `has ${JSON.stringify(rest.slice(0, 2))}, which \`exclude\` does not know: write {a,b}, or [(] for the character`,
      );
    }
    const atStart = at === 0 || pattern[at - 1] === '/';
    if (token === '{') depth++;
    if (token === '}') depth--;
    if (depth < 0) refuse(glob, 'closes a brace that was not opened');
    source += translate(token, atStart, depth > 0);
    at += token.length;
  }
  if (depth !== 0) refuse(glob, 'does not close its brace');
  try {
    return new RegExp(`^${source}$`);
  } catch (error) {
    return refuse(glob, 'is not well formed', error);
  }
}

/** Without `./` in front and slashes behind. */
function withoutEnds(glob: string): string {
  const parts = glob.split('/');
  while (parts.length > 1 && parts[0] === '.') parts.shift();
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  return parts.join('/');
}

function translate(token: string, atStart: boolean, inBraces: boolean): string {
  if (token === '**/' && atStart) return '(?:[^/]+/)*';
  if (token === '**' && atStart) return '[^]+';
  if (token.startsWith('*')) return token.endsWith('/') ? `${ANY_IN_NAME}/` : ANY_IN_NAME;
  if (token === '?') return ANY_CHARACTER;
  if (token === '{') return '(?:';
  if (token === '}') return ')';
  if (token === ',' && inBraces) return '|';
  if (token.length > 1 && token.startsWith('[')) return characterClass(token);
  const character = token.length === 2 ? token.slice(1) : token;
  return character.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

function characterClass(token: string): string {
  const negated = token[1] === '!' || token[1] === '^';
  const body = token.slice(negated ? 2 : 1, -1).replace(/[\\\]^[]/g, '\\$&');
  return negated ? `[^/${body}]` : `[${body}]`;
}

function refuse(glob: string, problem: string, cause?: unknown): never {
  throw new CacheError(ERROR_CODES.InvalidParams, `\`exclude\`: the glob ${JSON.stringify(glob)} ${problem}.`, {
    cause,
  });
}

import { invalidParams } from '../../errors.ts';
import { didYouMean } from '../../interface/text/nearest.ts';

export interface SourceChoice {
  /** The param `source`. */
  readonly asked?: string;
  readonly known: readonly string[];
  readonly cached: readonly string[];
  /** The cached workspaces that may hold the files as well: not all of their content is the cache. */
  readonly partly: readonly string[];
  /** For each task that has to hash: the workspaces that it has and that the run binds to a volume which may hold sources. */
  readonly atHand: readonly (readonly string[])[];
  /** What these tasks have and the run does not bind. */
  readonly unbound?: readonly string[];
}

/**
 * Where the files to hash are: what was asked for, else the only workspace that may hold them and that all tasks concerned have.
 * Where there is none, a single cached workspace holds its own files. Nothing is guessed from names.
 */
export function chooseSource({ asked, known, cached, partly, atHand, unbound = [] }: SourceChoice): string {
  if (asked !== undefined) {
    if (isDirectory(asked)) return checkDirectory(asked);
    if (known.includes(asked)) return asked;
    throw invalidParams(`\`source\`: there is no workspace \`${asked}\`; ${didYouMean(asked, known)}`);
  }
  const [first = [], ...others] = atHand;
  const shared = [...new Set(first)].filter((name) => others.every((names) => names.includes(name)));
  const candidates = shared.filter((name) => !cached.includes(name) || partly.includes(name));
  const [only, another] = candidates;
  if (only !== undefined && another === undefined) return only;
  if (another !== undefined) {
    throw invalidParams(
      `\`source\` is required: the \`files\` to hash may be in one of ${candidates.map(quoted).join(', ')}.`,
    );
  }
  const [self, second] = cached;
  if (self !== undefined && second === undefined) return self;
  throw invalidParams(
    `\`source\` is required: the tasks that use the cached workspaces first have no other workspace in common.${unboundSentence(unbound)}`,
  );
}

/** The end of a refusal that a workspace is missing; empty where the run binds all of them. */
export function unboundSentence(unbound: readonly string[]): string {
  return unbound.length === 0 ? '' : ` The run does not bind ${unbound.map(quoted).join(', ')}.`;
}

/** Whether the sources are a directory in a volume of the Tasks, and no workspace. */
export function isDirectory(source: string): boolean {
  return source.startsWith('/');
}

function checkDirectory(source: string): string {
  const names = source.split('/').slice(1);
  if (names.every((name) => name !== '' && name !== '.' && name !== '..')) return source;
  throw invalidParams(
    `\`source\`: write the directory ${JSON.stringify(source)} without empty parts, \`.\` and \`..\`.`,
  );
}

function quoted(name: string): string {
  return `\`${name}\``;
}

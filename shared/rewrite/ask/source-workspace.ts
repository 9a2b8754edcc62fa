import { CacheError, ERROR_CODES } from '../../errors.ts';
import { didYouMean } from '../../interface/nearest.ts';

export interface SourceChoice {
  /** The param `source`. */
  readonly asked?: string;
  readonly known: readonly string[];
  readonly cached: readonly string[];
  /** For each task that has to hash: the workspaces that it has and that the run binds. */
  readonly atHand: readonly (readonly string[])[];
}

/**
 * The workspace with the files to hash: the one asked for, else the only one besides the cached ones that all tasks concerned have.
 * Where there is none, a single cached workspace holds its own files. Nothing is guessed from names.
 */
export function chooseSource({ asked, known, cached, atHand }: SourceChoice): string {
  if (asked !== undefined) {
    if (known.includes(asked)) return asked;
    throw invalid(`\`source\`: there is no workspace \`${asked}\`; ${didYouMean(asked, known)}`);
  }
  const [first = [], ...others] = atHand;
  const shared = [...new Set(first)].filter((name) => others.every((names) => names.includes(name)));
  const candidates = shared.filter((name) => !cached.includes(name));
  const [only, another] = candidates;
  if (only !== undefined && another === undefined) return only;
  if (another !== undefined) {
    throw invalid(
      `\`source\` is required: the \`files\` to hash may be in one of ${candidates.map(quoted).join(', ')}.`,
    );
  }
  const [self, second] = cached;
  if (self !== undefined && second === undefined) return self;
  throw invalid(
    '`source` is required: the tasks that use the cached workspaces first have no other workspace in common.',
  );
}

function quoted(name: string): string {
  return `\`${name}\``;
}

function invalid(message: string): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message);
}

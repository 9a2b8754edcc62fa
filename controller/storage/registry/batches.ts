/** A registry refuses a longer header, and the token with these names is one. */
const REPOSITORIES = 40;
/** The length of a question for a token: servers on Node refuse lines and headers of more than 16 KiB. */
const CHARACTERS = 8000;

/** Repositories in groups that one token can be for. */
export function batchesOf(repositories: readonly string[]): readonly (readonly string[])[] {
  const batches: string[][] = [];
  let characters = Infinity;
  for (const repository of repositories) {
    const length = encodeURIComponent(scopeOf(repository)).length;
    const last = batches.at(-1);
    if (last === undefined || last.length === REPOSITORIES || characters + length > CHARACTERS) {
      batches.push([repository]);
      characters = length;
    } else {
      last.push(repository);
      characters += length;
    }
  }
  return batches;
}

/** What housekeeping may do there, as a token server is asked: https://distribution.github.io/distribution/spec/auth/scope/ */
export const scopeOf = (repository: string): string => `repository:${repository}:pull,delete`;

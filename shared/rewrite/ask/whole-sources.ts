/** What may not be cached together, or whole. */
import { CacheError, ERROR_CODES, invalidParams } from '../../errors.ts';
import { holdsWorkspace } from '../tekton/workspaces/volume.ts';
import type { Run } from '../tekton/tekton.ts';
import type { CachedPaths } from './cached-paths.ts';
import { unboundSentence } from './source-workspace.ts';

/** Where the files to hash are, and what is cached beside them. */
interface SourcePlace {
  readonly run: Run;
  readonly source: string;
  readonly cached: readonly string[];
  readonly paths: CachedPaths;
  /** The workspaces that the run does not bind, as in SourceChoice. */
  readonly unbound: readonly string[];
}

/**
 * Refuses a workspace that holds the files to hash and is cached whole: the sources of one run would be stored under the hash of its
 * lockfiles, and would overwrite the next checkout with the same lockfiles.
 */
export function refuseWholeSources({ run, source, cached, paths, unbound }: SourcePlace): void {
  const whole = cached.find((name) => !paths.has(name) && holdsWorkspace(run, name, source));
  if (whole === undefined) return;
  const example = cached.length > 1 ? `${whole}/node_modules` : 'node_modules';
  throw invalidParams(
    `Workspace \`${whole}\` holds the \`files\` to hash. Cached whole, its sources would come back over those of a later checkout. ` +
      `Say in \`paths\` which directories of it are the cache, such as \`${example}\`; or name another workspace in \`source\` if the files are there.${unboundSentence(unbound)}`,
  );
}

/** Refuses two cached workspaces of which one is within the other: the entry of each would hold both. */
export function refuseSharedPlaces(run: Run, cached: readonly string[]): void {
  for (const outer of cached) {
    const inner = cached.find((name) => name !== outer && holdsWorkspace(run, outer, name));
    if (inner === undefined) continue;
    throw new CacheError(
      ERROR_CODES.WorkspaceNotSupported,
      `Workspaces \`${outer}\` and \`${inner}\` are bound to the same place of one claim, or one within the other, so that each entry would hold both. Bind each with a \`subPath\` of its own.`,
    );
  }
}

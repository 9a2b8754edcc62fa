import { invalidParams } from '../../errors.ts';
import { didYouMean } from '../../interface/text/nearest.ts';
import { normalPaths } from '../../interface/places/relative-path.ts';
import type { ResolverOptions } from './resolver-params.ts';

/** Which directories of each workspace are cached. A workspace that is not in it is cached whole. */
export type CachedPaths = ReadonlyMap<string, readonly string[]>;

/** The param `paths`: of one workspace as they are, of several with the workspace in front. Throws InvalidParams. */
export function cachedPaths({ workspaces, shared }: Pick<ResolverOptions, 'workspaces' | 'shared'>): CachedPaths {
  const paths = shared.paths ?? [];
  const [only, another] = workspaces;
  if (only === undefined || paths.length === 0) return new Map();
  if (another === undefined) return ofWorkspaces([[only, paths]]);
  const found = new Map<string, string[]>();
  for (const path of paths) {
    const not = path.startsWith('!') ? '!' : '';
    const [name = '', ...parts] = path.slice(not.length).split('/');
    const rest = parts.join('/');
    if (!workspaces.includes(name)) {
      throw invalidParams(
        `\`paths\`: ${JSON.stringify(path)} does not begin with one of the \`workspaces\`, as \`${only}/${path}\` does; ${didYouMean(name, workspaces)}`,
      );
    }
    found.set(name, [...(found.get(name) ?? []), `${not}${rest === '' ? '.' : rest}`]);
  }
  return ofWorkspaces([...found]);
}

/** A path that is all of the workspace is none. */
function ofWorkspaces(given: readonly (readonly [string, readonly string[]])[]): CachedPaths {
  return new Map(
    given.map(([name, paths]) => [name, normalPaths(paths)] as const).filter(([, paths]) => paths.length > 0),
  );
}

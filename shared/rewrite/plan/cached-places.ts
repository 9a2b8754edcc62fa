import { cachedPaths } from '../ask/cached-paths.ts';
import type { CachedPaths } from '../ask/cached-paths.ts';
import type { ResolverOptions } from '../ask/resolver-params.ts';
import { chooseSource } from '../ask/source-workspace.ts';
import type { SourceChoice } from '../ask/source-workspace.ts';
import { refuseWholeSources } from '../ask/whole-sources.ts';
import type { Run } from '../tekton/tekton.ts';
import type { Key } from './key.ts';

/** Which directories of the workspaces are cached, and where the files to hash are. */
interface CachedPlaces {
  readonly paths: CachedPaths;
  /** A workspace, or a directory; '' where the key has no hash. */
  readonly source: string;
}

interface CachedPlacesInput extends Pick<SourceChoice, 'known' | 'cached' | 'atHand'> {
  readonly key: Key;
  readonly run: Run;
  readonly options: ResolverOptions;
  readonly unbound: readonly string[];
}

/** Throws InvalidParams where the place of the files would have to be guessed, and where they would be cached with the rest. */
export function readCachedPlaces(input: CachedPlacesInput): CachedPlaces {
  const { key, run, options, known, cached, atHand, unbound } = input;
  const { resolver, source: asked } = options;
  const paths = cachedPaths(options);
  if (!key.hashed) return { paths, source: '' };
  const source = chooseSource({
    ...(asked === undefined ? {} : { asked }),
    known,
    cached,
    // Under `wrap` a workspace travels whole, its sources with it.
    partly: resolver === 'wrap' ? cached : [...paths.keys()],
    atHand,
    unbound,
  });
  if (resolver === 'cache') refuseWholeSources({ run, source, cached, paths, unbound });
  return { paths, source };
}

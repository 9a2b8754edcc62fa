import { asCacheError } from '../errors.ts';
import type { RegistryToken } from '../interface/places/registry-token.ts';
import type { CacheDirectory, CacheRequest } from '../request/protocol.ts';
import type { ScopedRegistry } from '../scope/scoped-reference.ts';
import { isAllowed } from './cache/cache-work.ts';

/** Asks for the scope of the run: the answer's text, or nothing where the pod has no token to ask with. Throws `CacheError`. */
export type AskScope = (registryToken: RegistryToken, signal: AbortSignal) => Promise<string | undefined>;

/** Which repositories the targets are, for this run. */
interface FoundPlaces {
  /** Undefined where they are what was written. */
  readonly scoped?: ScopedRegistry;
  /** Lines for the log. */
  readonly lines: readonly string[];
}

/** Never fails: without an answer the targets stay as they are, and the registry refuses what is not the run's. */
export async function findPlaces(
  request: CacheRequest,
  askScope: AskScope | undefined,
  signal: AbortSignal,
): Promise<FoundPlaces> {
  const { registryToken } = request;
  const isAsked = request.caches.some((cache) => isAllowed(request, cache) || handsOn(request, cache));
  if (registryToken === undefined || askScope === undefined || !isAsked) return { lines: [] };
  try {
    const answer = await askScope(registryToken, signal);
    if (answer === undefined) return { lines: [] };
    const { parseRunPlaces } = await import('../scope/run-places.ts');
    const places = parseRunPlaces(answer);
    if (places === undefined) return unknown('the token server answered with something else');
    const { registry } = registryToken;
    const { trust, namespace, reads, writes } = places;
    const isPlain = writes === namespace && reads.every((place) => place === namespace);
    const line = `${trust} run: ${namespace}/* of ${registry} is read as ${reads.map((place) => `${place}/*`).join(', then ')}, and written as ${writes}/*`;
    return { scoped: { registry, places }, lines: isPlain ? [] : [line] };
  } catch (error) {
    return unknown(asCacheError(error).message);
  }
}

/** What later tasks of the run fetch is written in every mode. */
function handsOn({ verb }: CacheRequest, { travels }: CacheDirectory): boolean {
  return verb === 'upload' && travels !== undefined;
}

function unknown(why: string): FoundPlaces {
  return { lines: [`targets are taken as they are written: ${why}`] };
}

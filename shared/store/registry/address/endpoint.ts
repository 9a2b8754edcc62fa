/** Where the API of a registry is. */
import { NetworkError } from '../../http/message/network-error.ts';
import { DOCKER_HUB, isLoopback } from '../../reference.ts';

const DOCKER_HUB_API = 'registry-1.docker.io';

/** Where the API of a registry may be, in the order to try. */
export function endpointCandidates(registry: string, insecure: boolean): readonly URL[] {
  const host = registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
  const secure = new URL(`https://${host}/`);
  const plain = new URL(`http://${host}/`);
  // On loopback nobody can listen in before we know the server, and nothing secret is sent before a challenge.
  if (isLoopback(host)) return [plain, secure];
  return insecure ? [secure, plain] : [secure];
}

/** Does this answer to a plain request come from a server that wants TLS? Go's and nginx's say it with a 400. */
export function wantsTls(endpoint: URL, status: number): boolean {
  return endpoint.protocol === 'http:' && (status === 400 || status === 497);
}

/**
 * The first candidate that answers as a registry. `ask` sends a request there, and gives the status of the answer; one candidate alone is not asked. @throws what the last candidate failed with, unless that is the lookup
 * alone; a server that does not answer at all ends the search.
 */
export async function findEndpoint(
  registry: string,
  insecure: boolean,
  ask: (endpoint: URL) => Promise<number>,
): Promise<URL> {
  const [first, ...others] = endpointCandidates(registry, insecure);
  if (!first) throw new RangeError('a registry has an endpoint');
  if (others.length === 0) return first;
  let failure: unknown;
  for (const endpoint of [first, ...others]) {
    try {
      if (!wantsTls(endpoint, await ask(endpoint))) return endpoint;
      failure = new NetworkError('protocol', `${endpoint.host} does not speak plain HTTP`);
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
      // Behind a proxy only the plain one looks the name up: what the proxy said of the first says more.
      if (error.fault !== 'lookup' || failure === undefined) failure = error;
      if (error.fault === 'stall') break;
    }
  }
  throw failure;
}

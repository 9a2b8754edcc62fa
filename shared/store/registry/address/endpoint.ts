/** Where the API of a registry is. */
import type { HttpResponse } from '../../http/message/http-message.ts';
import { NetworkError } from '../../http/message/network-error.ts';
import { DOCKER_HUB, isLoopback } from '../../reference.ts';

const DOCKER_HUB_API = 'registry-1.docker.io';

/**
 * Where the API of a registry may be, in the order to try. Only with more than one is a request spent on finding out.
 */
export function endpointCandidates(registry: string, insecure: boolean): readonly URL[] {
  const host = registry === DOCKER_HUB ? DOCKER_HUB_API : registry;
  const secure = new URL(`https://${host}/`);
  const plain = new URL(`http://${host}/`);
  // On loopback nobody can listen in before we know the server, and nothing secret is sent before a challenge.
  if (isLoopback(host)) return [plain, secure];
  return insecure ? [secure, plain] : [secure];
}

/** Does this answer to a plain request come from a server that wants TLS? Go's and nginx's say it with a 400. */
function wantsTls(endpoint: URL, status: number): boolean {
  return endpoint.protocol === 'http:' && (status === 400 || status === 497);
}

/**
 * The first candidate that answers as a registry. `ask` sends one GET. @throws what the last candidate failed with, unless that is the lookup
 * alone; a server that does not answer at all ends the search.
 */
export async function findEndpoint(
  registry: string,
  insecure: boolean,
  ask: (url: URL) => Promise<HttpResponse>,
): Promise<URL> {
  const [first, ...others] = endpointCandidates(registry, insecure);
  if (!first) throw new RangeError('a registry has an endpoint');
  if (others.length === 0) return first;
  let failure: unknown;
  for (const endpoint of [first, ...others]) {
    try {
      const response = await ask(new URL('v2/', endpoint));
      await response.discard();
      if (!wantsTls(endpoint, response.status)) return endpoint;
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

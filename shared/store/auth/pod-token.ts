import type { RegistryToken } from '../../interface/places/registry-token.ts';
import type { Challenge } from '../../interface/places/challenges.ts';
import type { Credential } from './credential.ts';
import { readServiceAccountToken, TokenFileError } from './service-account-token.ts';

/** The pod's token, or a sentence's end: why there is none to send. */
export type PodToken = { readonly credential: Credential } | { readonly lacking: string };

/**
 * What a pod proves itself with at a challenge of the installation's registry. The token is for one address: a challenge with another
 * path, port or scheme does not get it, even where it names the same host.
 */
export async function podTokenFor(challenge: Challenge, { realm, tokenFile }: RegistryToken): Promise<PodToken> {
  const named = URL.parse(challenge.params.get('realm') ?? '');
  if (challenge.scheme !== 'bearer' || named?.href !== new URL(realm).href) {
    const other =
      named === null ? `wants ${challenge.scheme}` : `names the token server ${named.origin}${named.pathname}`;
    return { lacking: `it ${other}, where the token of the service account is for ${realm} alone` };
  }
  try {
    return { credential: await readServiceAccountToken(tokenFile) };
  } catch (error) {
    if (error instanceof TokenFileError) return { lacking: error.message };
    throw error;
  }
}

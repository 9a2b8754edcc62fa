/** The audience of the tokens by which pods ask; they are good for nothing else. */
export const AUDIENCE = 'tekton-cache';

/** Service account tokens have some 1,200 characters. */
const MAX_CHARACTERS = 8192;

/** What a token says of itself. The claims are not verified yet: a token may be refused because of them, never accepted. */
export interface Claims {
  readonly expiresAtMs: number;
}

/** The claims, or why it cannot be a token for us, as the end of a sentence. */
export function readClaims(token: string, nowMs: number): Claims | string {
  if (token.length > MAX_CHARACTERS) return `it has more than ${MAX_CHARACTERS} characters`;
  const parts = token.split('.');
  const claims = parts.length === 3 ? parse(parts[1] ?? '') : undefined;
  if (claims === undefined) return 'it is no service account token';
  const audiences: unknown = Reflect.get(claims, 'aud');
  const isOurs = Array.isArray(audiences) ? audiences.includes(AUDIENCE) : audiences === AUDIENCE;
  if (!isOurs) return `its audience is not ${AUDIENCE}`;
  const expires: unknown = Reflect.get(claims, 'exp');
  if (typeof expires !== 'number') return 'it has no end';
  return expires * 1000 <= nowMs ? 'it has expired' : { expiresAtMs: expires * 1000 };
}

function parse(encoded: string): object | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(encoded, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

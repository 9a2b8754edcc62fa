/** Tokens as distribution's registry verifies them: https://distribution.github.io/distribution/spec/auth/jwt/ */
import { createHash, createPrivateKey, randomUUID, sign, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

import type { Access } from '../../../shared/scope/access.ts';
import type { CertifiedKey } from '../../certificates/authority.ts';

const ISSUER = 'tekton-cache';
/** How long a token is good, where nothing ends it earlier. */
export const TOKEN_SECONDS = 300;

/** A key, ready to sign. */
export interface SigningKey {
  readonly key: KeyObject;
  /** The encoded header of its tokens. */
  readonly header: string;
}

interface AccessClaims {
  /** The name of the client in the log of the registry. */
  readonly subject: string;
  /** The registry: one text, as 2.8 takes no list. */
  readonly service: string;
  readonly access: readonly Access[];
  readonly now: Date;
  readonly seconds: number;
}

/** Tokens carry the certificate of their key, so a registry that knows the authority knows each key. */
export function signingKeyOf({ key, certificate }: CertifiedKey): SigningKey {
  const { raw, publicKey } = new X509Certificate(certificate);
  const { crv, kty, x, y } = publicKey.export({ format: 'jwk' });
  // https://www.rfc-editor.org/rfc/rfc7638
  const kid = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url');
  return {
    key: createPrivateKey(key),
    header: encode({ typ: 'JWT', alg: 'ES256', kid, x5c: [raw.toString('base64')] }),
  };
}

export function signAccessToken({ key, header }: SigningKey, claimed: AccessClaims): string {
  const { subject, service, access, now, seconds } = claimed;
  const issuedAt = Math.floor(now.getTime() / 1000);
  const claims = {
    iss: ISSUER,
    sub: subject,
    aud: service,
    iat: issuedAt,
    nbf: issuedAt,
    exp: issuedAt + seconds,
    jti: randomUUID(),
    access,
  };
  const signed = `${header}.${encode(claims)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

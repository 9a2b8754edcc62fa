import { isGood, issueCertificate, newAuthority } from '../../certificates/authority.ts';
import type { CertifiedKey } from '../../certificates/authority.ts';

/** The items of the Secret, as PEM. Registries mount `authority.crt` and nothing else. */
export interface KeySecret {
  readonly 'authority.crt': string;
  readonly 'authority.key': string;
  readonly 'signing.crt': string;
  readonly 'signing.key': string;
}

/** Registries read the authority when they start: it outlives them. */
const AUTHORITY_DAYS = 3650;
const SIGNING_DAYS = 90;
/** A signing key is renewed this long before its end. */
const RENEW_DAYS = 30;

export const authorityOf = (keys: KeySecret): CertifiedKey => ({
  certificate: keys['authority.crt'],
  key: keys['authority.key'],
});

export const signingOf = (keys: KeySecret): CertifiedKey => ({
  certificate: keys['signing.crt'],
  key: keys['signing.key'],
});

/** The keys that belong into the Secret, where it has none or they run out; nothing where they are good. */
export function renewedKeys(known: Partial<KeySecret>, now: Date): KeySecret | undefined {
  const keys = { 'authority.crt': '', 'authority.key': '', 'signing.crt': '', 'signing.key': '', ...known };
  const held = authorityOf(keys);
  const isAuthorityGood = isGood(held, held.certificate, { days: SIGNING_DAYS, now });
  if (isAuthorityGood && isGood(signingOf(keys), held.certificate, { days: RENEW_DAYS, now })) return undefined;
  const authority = isAuthorityGood ? held : newAuthority('tekton-cache tokens', { days: AUTHORITY_DAYS, now });
  const signing = issueCertificate(authority, {
    subject: 'tekton-cache token service',
    usage: 'signatures',
    days: SIGNING_DAYS,
    now,
  });
  return {
    'authority.crt': authority.certificate,
    'authority.key': authority.key,
    'signing.crt': signing.certificate,
    'signing.key': signing.key,
  };
}

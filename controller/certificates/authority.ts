import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';

import { makeCertificate } from './certificate.ts';

/** A private key and the certificate of its public one, both as PEM. */
export interface CertifiedKey {
  readonly key: string;
  readonly certificate: string;
}

interface Validity {
  readonly days: number;
  readonly now: Date;
}

interface IssueOptions extends Validity {
  /** The common name. */
  readonly subject: string;
  readonly usage: 'signatures' | 'server';
  /** DNS names and addresses of a server. */
  readonly names?: readonly string[];
}

const CLOCKS_DIFFER_MS = 5 * 60_000;
const DAY_MS = 24 * 3_600_000;
/**
 * An authority is good from this long before it was made. If the clock was ahead then, the authority is still good now: to replace it, each registry
 * would have to learn of a new one.
 */
const AHEAD_MS = 365 * DAY_MS;

/** A new key that signs certificates, its own among them. */
export function newAuthority(name: string, validity: Validity): CertifiedKey {
  const { publicKey, privateKey } = newKeyPair();
  const certificate = makeCertificate({
    subject: name,
    issuer: name,
    publicKey,
    signingKey: privateKey,
    usage: 'authority',
    ...period(validity, AHEAD_MS),
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate };
}

/** A new key, with a certificate of the authority. */
export function issueCertificate(authority: CertifiedKey, options: IssueOptions): CertifiedKey {
  const { publicKey, privateKey } = newKeyPair();
  const { subject, usage, names } = options;
  const certificate = makeCertificate({
    subject,
    issuer: commonNameOf(authority.certificate),
    publicKey,
    signingKey: createPrivateKey(authority.key),
    usage,
    ...(names ? { names } : {}),
    ...period(options),
  });
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), certificate };
}

/**
 * True when the certificate belongs to the key, the authority signed it, and it is good now and for `days` more. One that a clock ahead of time made
 * may not be good yet.
 */
export function isGood(certified: CertifiedKey, authority: string, { days, now }: Validity): boolean {
  try {
    const certificate = new X509Certificate(certified.certificate);
    const issuer = new X509Certificate(authority);
    const isOurs = certificate.checkPrivateKey(createPrivateKey(certified.key)) && certificate.verify(issuer.publicKey);
    const [from, until] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
    return isOurs && from <= now.getTime() && until >= now.getTime() + days * DAY_MS;
  } catch {
    // Text that is no certificate at all.
    return false;
  }
}

function period({ days, now }: Validity, aheadMs = CLOCKS_DIFFER_MS): { readonly from: Date; readonly until: Date } {
  return { from: new Date(now.getTime() - aheadMs), until: new Date(now.getTime() + days * DAY_MS) };
}

function newKeyPair() {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
}

/** The names in our certificates have this one field. */
function commonNameOf(certificate: string): string {
  return new X509Certificate(certificate).subject.replace(/^CN=/, '');
}

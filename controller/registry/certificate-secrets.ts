import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

import { isGood, issueCertificate, newAuthority } from '../certificates/authority.ts';
import type { CertifiedKey } from '../certificates/authority.ts';

/** Host names in certificates, without ports. */
export interface Hosts {
  readonly registry: string;
  readonly tokenService: string;
  /** The housekeeper, which the registry notifies. */
  readonly storage: string;
}

/** Keys and certificates as the Secrets have them. */
export interface Certificates {
  readonly authority: CertifiedKey;
  readonly registry: CertifiedKey;
  readonly tokenService: CertifiedKey;
  readonly storage: CertifiedKey;
}

export const SERVERS = ['registry', 'tokenService', 'storage'] as const;

/** Each request tells its helper the authority, so nobody has to act when it changes. It lives long, so that this is rare. */
const AUTHORITY_DAYS = 3650;
const SERVER_DAYS = 90;
/** A certificate is renewed this long before its end. */
const RENEW_DAYS = 30;

/** What belongs into the Secrets in place of what is there; undefined where all of it is good. */
export function renewedCertificates(known: Partial<Certificates>, hosts: Hosts, now: Date): Certificates | undefined {
  const held = known.authority;
  const isAuthorityGood = held !== undefined && isGood(held, held.certificate, { days: SERVER_DAYS, now });
  const authority = isAuthorityGood
    ? held
    : newAuthority('tekton-cache registry authority', { days: AUTHORITY_DAYS, now });
  const serverOf = (name: keyof Hosts): CertifiedKey => {
    const server = known[name];
    const host = hosts[name];
    if (server !== undefined && isGoodFor(server, { authority, host, now })) return server;
    return issueCertificate(authority, {
      subject: host,
      usage: 'server',
      names: [host.replace(/^\[|\]$/g, '')],
      days: SERVER_DAYS,
      now,
    });
  };
  const servers = {
    registry: serverOf('registry'),
    tokenService: serverOf('tokenService'),
    storage: serverOf('storage'),
  };
  const renewed = { authority, ...servers };
  const isSame = SERVERS.every((name) => renewed[name] === known[name]);
  return isAuthorityGood && isSame ? undefined : renewed;
}

function isGoodFor(
  server: CertifiedKey,
  { authority, host, now }: { readonly authority: CertifiedKey; readonly host: string; readonly now: Date },
): boolean {
  if (!isGood(server, authority.certificate, { days: RENEW_DAYS, now })) return false;
  const certificate = new X509Certificate(server.certificate);
  const address = host.replace(/^\[|\]$/g, '');
  return (isIP(address) === 0 ? certificate.checkHost(host) : certificate.checkIP(address)) !== undefined;
}

/** X.509 certificates: https://www.rfc-editor.org/rfc/rfc5280#section-4 */
import { createHash, createPublicKey, randomBytes, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

import { bits, boolean, integer, octets, oid, renamed, sequence, set, tagged, text, time } from './der.ts';

interface CertificatePlan {
  /** The common names of whom it is for, and of who signs. */
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  /** The private key of the issuer, on P-256. */
  readonly signingKey: KeyObject;
  readonly from: Date;
  readonly until: Date;
  readonly usage: 'authority' | 'signatures' | 'server';
  /** DNS names and addresses of a server. */
  readonly names?: readonly string[];
}

const OIDS = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  commonName: '2.5.4.3',
  basicConstraints: '2.5.29.19',
  keyUsage: '2.5.29.15',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  subjectAltName: '2.5.29.17',
  subjectKey: '2.5.29.14',
  authorityKey: '2.5.29.35',
} as const;

const SERIAL_BYTES = 16;
const VERSION_3 = Buffer.from([2]);
/** Bits of the extension keyUsage, from the left, and how many at the right do not count. */
const USAGE_BITS = { authority: [0b00000110, 1], signatures: [0b10000000, 7], server: [0b10000000, 7] } as const;

/** The certificate as PEM. */
export function makeCertificate(plan: CertificatePlan): string {
  const algorithm = sequence(oid(OIDS.ecdsaWithSha256));
  const content = sequence(
    tagged(0, integer(VERSION_3)),
    integer(randomBytes(SERIAL_BYTES)),
    algorithm,
    nameOf(plan.issuer),
    sequence(time(plan.from), time(plan.until)),
    nameOf(plan.subject),
    plan.publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(...extensionsOf(plan))),
  );
  const der = sequence(content, algorithm, bits(sign('sha256', content, plan.signingKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

const nameOf = (commonName: string): Buffer => sequence(set(sequence(oid(OIDS.commonName), text(commonName))));

function extensionsOf({ usage, publicKey, signingKey, names = [] }: CertificatePlan): Buffer[] {
  const [usageBits, unused] = USAGE_BITS[usage];
  return [
    critical(OIDS.basicConstraints, usage === 'authority' ? sequence(boolean(true)) : sequence()),
    critical(OIDS.keyUsage, bits(Buffer.from([usageBits]), unused)),
    extension(OIDS.subjectKey, octets(keyIdOf(publicKey))),
    extension(OIDS.authorityKey, sequence(renamed(0, keyIdOf(createPublicKey(signingKey))))),
    ...(usage === 'server' ? [extension(OIDS.extendedKeyUsage, sequence(oid(OIDS.serverAuth)))] : []),
    ...(names.length > 0 ? [extension(OIDS.subjectAltName, sequence(...names.map(alternativeName)))] : []),
  ];
}

/** Any digest does: https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.2 */
const keyIdOf = (key: KeyObject): Buffer =>
  createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);

const extension = (name: string, content: Buffer): Buffer => sequence(oid(name), octets(content));
const critical = (name: string, content: Buffer): Buffer => sequence(oid(name), boolean(true), octets(content));

/** https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.6 */
function alternativeName(name: string): Buffer {
  if (isIPv4(name)) return renamed(7, Buffer.from(name.split('.').map(Number)));
  if (isIPv6(name)) return renamed(7, addressBytes(name));
  return renamed(2, Buffer.from(name, 'ascii'));
}

function addressBytes(address: string): Buffer {
  const [left = '', right] = new SocketAddress({ address, family: 'ipv6' }).address.split('::');
  const groups = (half: string): string[] => (half === '' ? [] : half.split(':'));
  const [before, after] = [groups(left), groups(right ?? '')];
  const zeros: string[] = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return Buffer.from([...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../command.ts';

export interface Certificates {
  /** PEM file of the private authority. */
  readonly authority: string;
  readonly certificate: string;
  readonly key: string;
}

const LOOPBACK = 'DNS:localhost,IP:127.0.0.1,IP:0.0.0.0';

/** A private authority and a certificate of it for some names, as files in `directory`. */
export const makeCertificates = async (directory: string, names = LOOPBACK): Promise<Certificates> => {
  const file = (name: string): string => join(directory, name);
  const openssl = (...args: string[]): Promise<string> => runCommand('openssl', args, { timeout: 20_000 });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

  const [authority, authorityKey] = [file('authority.pem'), file('authority.key')];
  await openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    '/CN=tests',
    '-keyout',
    authorityKey,
    '-out',
    authority,
  );

  const [certificate, key, request] = [file('server.pem'), file('server.key'), file('server.csr')];
  await openssl('req', ...newKey, '-subj', '/CN=registry', '-keyout', key, '-out', request);
  await writeFile(file('server.ext'), `subjectAltName=${names}\n`);
  const signing = ['-CA', authority, '-CAkey', authorityKey, '-CAcreateserial', '-days', '2'];
  await openssl('x509', '-req', '-in', request, ...signing, '-extfile', file('server.ext'), '-out', certificate);
  return { authority, certificate, key };
};

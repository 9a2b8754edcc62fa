import type { ConnectionOptions } from 'node:tls';

import { invalidParams, messageOf } from '../../../errors.ts';

/** The certificates that are believed. */
export interface Trust {
  tlsOptions(): Promise<Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized'>>;
}

/** Node's own roots and, where a file is given, the system's and those of the file (PEM) besides. */
export function trustRoots(caFile?: string): Trust {
  let options: Promise<Pick<ConnectionOptions, 'ca'>> | undefined;
  return { tlsOptions: () => (options ??= load()) };

  async function load(): Promise<Pick<ConnectionOptions, 'ca'>> {
    if (caFile === undefined) return {};
    const [{ readFile }, { getCACertificates }] = await Promise.all([import('node:fs/promises'), import('node:tls')]);
    const extra = await readFile(caFile, 'utf8').catch((error: unknown) => {
      const why = messageOf(error);
      throw invalidParams(`the file of authorities cannot be read: ${why}`);
    });
    return { ca: [...getCACertificates('default'), ...getCACertificates('system'), extra] };
  }
}

/**
 * The authorities of this text (PEM), and no others. To build a list from all of the usual ones costs tens of milliseconds for each
 * connection; and for who was named with an authority of its own, fewer are better.
 */
export function trustOnly(pem: string): Trust {
  return { tlsOptions: () => Promise.resolve({ ca: pem }) };
}

/** Believes everyone. Only for a registry that was named as insecure. */
export const TRUST_ANYONE: Trust = { tlsOptions: () => Promise.resolve({ rejectUnauthorized: false }) };

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { messageOf } from '../../shared/errors.ts';
import type { Log } from '../../shared/log.ts';

/** PEM. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** The kubelet writes a Secret's new content within about a minute. */
const EVERY_MS = 30_000;

/** Reads the files, which have the names of a kubernetes.io/tls Secret. Throws where one is missing. */
export async function readTlsFiles(directory: string): Promise<TlsFiles> {
  const read = async (name: string): Promise<string> => await readFile(join(directory, name), 'utf8');
  const [cert, key] = await Promise.all([read('tls.crt'), read('tls.key')]);
  return { cert, key };
}

interface TlsWatchOptions {
  readonly directory: string;
  readonly known: TlsFiles;
  readonly onChange: (files: TlsFiles) => void;
  readonly log: Log;
}

/** Looks for new content from time to time. A certificate without its key, in the middle of a change, is not taken. */
export function watchTlsFiles({ directory, known, onChange, log }: TlsWatchOptions): NodeJS.Timeout {
  let last = known;
  const look = async (): Promise<void> => {
    try {
      const files = await readTlsFiles(directory);
      if (files.cert === last.cert && files.key === last.key) return;
      onChange(files);
      last = files;
      log.info('took a new certificate for TLS', { directory });
    } catch (error) {
      log.warn('the certificate for TLS cannot be read', { directory, problem: messageOf(error) });
    }
  };
  return setInterval(() => void look(), EVERY_MS).unref();
}

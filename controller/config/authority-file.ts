import { readFileSync, unwatchFile, watchFile } from 'node:fs';

import { checkCertificates } from '../../shared/interface/registry-token.ts';
import type { Log } from '../../shared/log.ts';

/** How often the file is looked at. The kubelet takes a minute to bring a change of a Secret to it. */
const LOOK_MS = 5000;

/** The authority of the installation's own certificates, in a file that may come and change later. */
export class AuthorityFile {
  readonly #file: string;
  readonly #log: Log;
  #content = '';

  constructor(file: string, log: Log) {
    this.#file = file;
    this.#log = log;
    if (file === '') return;
    watchFile(file, { interval: LOOK_MS, persistent: false }, () => this.#read());
    this.#read();
  }

  /** In PEM; empty as long as there is none. */
  get current(): string {
    return this.#content;
  }

  stop(): void {
    if (this.#file !== '') unwatchFile(this.#file);
  }

  #read(): void {
    try {
      const pem = readFileSync(this.#file, 'utf8');
      checkCertificates(pem);
      this.#content = pem;
      this.#log.info('authority of the registry taken', { file: this.#file });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      this.#log.warn('no authority of the registry yet', { file: this.#file, why });
    }
  }
}

import { readFileSync } from 'node:fs';

import { checkCertificates } from '../../shared/interface/registry-token.ts';
import type { Log } from '../../shared/log.ts';

/** How often the file is read. The kubelet takes a minute to bring a change of a Secret to it. */
const LOOK_MS = 5000;

export interface AuthorityFileOptions {
  /** Its path; empty where the installation makes no certificates. */
  readonly file: string;
  readonly log: Log;
  readonly lookMs?: number;
}

/** The authority of the installation's own certificates, in a file that may come and change later. */
export class AuthorityFile {
  readonly #options: AuthorityFileOptions;
  readonly #timer: NodeJS.Timeout | undefined;
  #content = '';
  #lacking: string | undefined;

  constructor(options: AuthorityFileOptions) {
    this.#options = options;
    if (options.file === '') return;
    this.#read();
    this.#timer = setInterval(() => this.#read(), options.lookMs ?? LOOK_MS).unref();
  }

  /** In PEM; empty as long as there is none. */
  get current(): string {
    return this.#content;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #read(): void {
    const { file, log } = this.#options;
    try {
      const pem = readFileSync(file, 'utf8');
      if (pem === this.#content) return;
      checkCertificates(pem);
      this.#content = pem;
      this.#lacking = undefined;
      log.info('authority of the registry taken', { file });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      if (why !== this.#lacking) log.warn('no authority of the registry yet', { file, why });
      this.#lacking = why;
    }
  }
}

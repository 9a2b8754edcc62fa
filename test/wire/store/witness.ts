import { inspect } from 'node:util';

import { expect } from 'chai';

import { CacheError } from '../../../shared/errors.ts';

/** Hears all that is said to users in a suite, and testifies at its end that no secret was among it. */
export class Witness {
  readonly warnings: string[] = [];
  readonly #said: string[] = [];
  readonly #secrets = new Set<string>();

  readonly warn = (message: string): void => {
    this.warnings.push(message);
    this.#said.push(message);
  };

  keeps(...secrets: readonly string[]): void {
    for (const secret of secrets) this.#secrets.add(secret);
  }

  /** The error that the promise must fail with, its causes and properties overheard. */
  async errorOf(promise: Promise<unknown>): Promise<CacheError> {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.be.instanceOf(CacheError);
    this.#said.push(inspect(error, { depth: 10 }));
    return error as CacheError;
  }

  testify(): void {
    expect(this.#said).to.not.be.empty;
    for (const secret of this.#secrets) {
      for (const text of this.#said) expect(text.includes(secret), `a secret in "${text}"`).to.equal(false);
    }
  }
}

import { elapsedMs } from '../../clock.ts';

/** Bearer tokens, by the scopes that they are for. */
export interface FreshToken {
  readonly value: string;
  /** When it should be renewed, by `elapsedMs()`. */
  readonly expiresAt: number;
}

/** The value of `Authorization` with a bearer token. */
export function bearerOf(token: string): string {
  return `Bearer ${token}`;
}

/** Holds one token for each list of scopes until it expires. Requests that run at the same time wait for one answer. */
export class HeldTokens {
  readonly #tokens = new Map<string, Promise<FreshToken>>();
  /** What has come of them, by the same keys. */
  readonly #values = new Map<string, string>();

  /**
   * The token for these scopes.
   *
   * @param fetch asks for a new one; what it throws is thrown to all who wait for it, and the next request asks again
   */
  async get(scopes: readonly string[], fetch: () => Promise<FreshToken>): Promise<string> {
    const key = scopes.join(' ');
    const held = this.#tokens.get(key);
    if (held !== undefined) {
      const { value, expiresAt } = await held;
      if (elapsedMs() < expiresAt) return value;
      // The first of those that find it expired renews it.
      this.#drop(key, held);
    }
    const renewed = this.#tokens.get(key) ?? fetch();
    this.#tokens.set(key, renewed);
    try {
      const { value } = await renewed;
      if (this.#tokens.get(key) === renewed) this.#values.set(key, value);
      return value;
    } catch (error) {
      this.#drop(key, renewed);
      throw error;
    }
  }

  /** Drops the token that a registry refused, wherever it is held. One that is still asked for is another. */
  forget(authorization: string): void {
    for (const [key, value] of this.#values) {
      if (authorization !== bearerOf(value)) continue;
      this.#tokens.delete(key);
      this.#values.delete(key);
    }
  }

  /** Drops this token only: another request may have put a newer one in its place. */
  #drop(key: string, token: Promise<FreshToken>): void {
    if (this.#tokens.get(key) !== token) return;
    this.#tokens.delete(key);
    this.#values.delete(key);
  }
}

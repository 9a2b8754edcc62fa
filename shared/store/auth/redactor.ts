/** Values that must never be shown; messages made from what others said go through it. */
export class Redactor {
  readonly #values = new Set<string>();

  /** Values too short to be a secret would blot out ordinary words. */
  add(...values: readonly string[]): void {
    for (const value of values) if (value.length >= 4) this.#values.add(value);
  }

  hide(text: string): string {
    let hidden = text;
    for (const value of this.#values) {
      for (const form of [value, encodeURIComponent(value)]) hidden = hidden.replaceAll(form, '***');
    }
    return hidden;
  }
}

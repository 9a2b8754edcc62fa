/** Values that must never be shown; messages made from what others said go through it. */
export class Redactor {
  /** All forms, the longest first: what is left of one when a part of it was hidden would be shown. */
  #forms: readonly string[] = [];

  /** Values too short to be a secret would blot out ordinary words. */
  add(...values: readonly string[]): void {
    const forms = values.filter((value) => value.length >= LEAST).flatMap(formsOf);
    this.#forms = [...new Set([...this.#forms, ...forms])].toSorted((a, b) => b.length - a.length);
  }

  hide(text: string): string {
    return this.#forms.reduce((hidden, form) => hidden.replaceAll(form, '***'), text);
  }
}

const LEAST = 4;

/** Gives a secret as it is, and as a server may quote it: from an address, a form, JSON or a header. */
function formsOf(value: string): readonly string[] {
  // What goes over the wire is UTF-8, which has no half of a surrogate pair.
  const sent = value.toWellFormed();
  const bytes = Buffer.from(sent, 'utf8');
  return [
    value,
    sent,
    encodeURIComponent(sent),
    new URLSearchParams([['', sent]]).toString().slice(1),
    ...jsonFormsOf(sent),
    bytes.toString('base64'),
    bytes.toString('base64url'),
  ];
}

/** With as few escapes as JSON takes, and as Go writes it, in which most registries are written: https://pkg.go.dev/encoding/json#HTMLEscape */
function jsonFormsOf(value: string): readonly string[] {
  const plain = JSON.stringify(value).slice(1, -1);
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return [plain, plain.replaceAll(/[<>&\u2028\u2029]/g, escaped)];
}

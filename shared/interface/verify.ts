/** Whether an entry has to come with a statement of who wrote it that is believed: docs/provenance.md. */
export const VERIFY_MODES = ['off', 'warn', 'require'] as const;
export type Verify = (typeof VERIFY_MODES)[number];

/** The stricter of two modes: neither of them can make the other less strict. */
export function stricter(one: Verify = 'off', other: Verify = 'off'): Verify {
  return VERIFY_MODES.indexOf(one) > VERIFY_MODES.indexOf(other) ? one : other;
}

/**
 * One factor for all patience: how long a test waits before it calls a thing broken. TEST_PATIENCE=3 suits a machine that is
 * three times as busy. It changes no test that passes.
 */
export const PATIENCE = patienceOf(process.env['TEST_PATIENCE']);

/** Milliseconds of patience on this machine; 0 stays 0, which is no limit. */
export const patient = (milliseconds: number): number => milliseconds * PATIENCE;

export function patienceOf(value = '1'): number {
  const factor = Number(value);
  if (Number.isFinite(factor) && factor > 0) return factor;
  throw new Error(`TEST_PATIENCE is "${value}", and has to be a number above 0`);
}

/** Where the run binds a workspace: a directory of a PersistentVolumeClaim. */
export interface ClaimPlace {
  /** Its name; undefined for any other volume. */
  readonly claim: unknown;
  readonly subPath: string | undefined;
}

/** Is all of one place within another, or the same? */
export function holdsPlace(outer: ClaimPlace, inner: ClaimPlace): boolean {
  if (outer.claim === undefined || outer.claim !== inner.claim) return false;
  const whole = directoryOf(outer);
  return whole === '' || `${directoryOf(inner)}/`.startsWith(`${whole}/`);
}

function directoryOf({ subPath }: ClaimPlace): string {
  const names = (subPath ?? '').split('/').filter((name) => name !== '' && name !== '.');
  return names.join('/');
}

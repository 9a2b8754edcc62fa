/** The system's name of a failed call (`ENOENT`), or nothing when the error is not one of a call: Node's own codes are bugs of a caller. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined;
  return /^E[A-Z0-9]+$/.test(error.code) ? error.code : undefined;
}

/** Tells whether a call failed because its path does not exist, or a directory on the way to it is none by now. */
export function isGone(error: unknown): boolean {
  return ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? '');
}

/** The system's name of a failed call (`ENOENT`), or nothing when the error is not one of a call. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The registry, or its token server, did not do what it was asked for. */
export class RegistryError extends Error {
  /** Of the registry's answer about what it was asked for; absent where it gave none. */
  readonly status: number | undefined;

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RegistryError';
    this.status = status;
  }
}

/** What a registry, or a proxy before it, says that has no time just now, or takes no token: of what was asked that says nothing. */
const NOT_NOW: readonly number[] = [401, 408, 429, 502, 503, 504];

/** Did the registry answer, so that a question about something else is worth asking? One that does not answer would have each question wait for its end. */
export function isAnswer(error: unknown): error is RegistryError {
  return error instanceof RegistryError && error.status !== undefined && !NOT_NOW.includes(error.status);
}

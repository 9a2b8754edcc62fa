/** What a repository of the mirror answers. */
export interface Answer {
  readonly content: Buffer;
  readonly contentType: string;
  readonly isPackage: boolean;
}

/** Why there is no answer, with the HTTP status for it. */
export class MirrorError extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.name = 'MirrorError';
    this.status = status;
  }
}

/** One kind of packages below one path of the mirror. */
export interface Repository {
  readonly name: string;
  /** Undefined for a path that means nothing here. `path` is what follows the repository's own path, decoded. */
  readonly answer: (path: string) => Promise<Answer | undefined>;
}

/** A repository without an upstream, which says what is missing. */
export const unconfiguredRepository = (name: string, missing: string): Repository => ({
  name,
  answer: () => Promise.reject(new MirrorError(missing, 503)),
});

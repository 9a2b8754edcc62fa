/** What a repository of the mirror answers. */
export interface Answer {
  readonly content: Buffer;
  readonly contentType: string;
  readonly isPackage: boolean;
}

/** One kind of packages below one path of the mirror. */
export interface Repository {
  readonly name: string;
  /** Undefined for a path that means nothing here. `path` is what follows the repository's own path, decoded. */
  readonly answer: (path: string) => Promise<Answer | undefined>;
}

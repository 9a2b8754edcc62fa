/** A project of each kind, as small as it can be and still download or compile something. */
export interface Project {
  readonly preset: string;
  /** The name in tests, where a preset has several projects. */
  readonly title?: string;
  /** As `findTool` knows it; `tool` in the commands. */
  readonly tool: string;
  readonly files: Readonly<Record<string, string>>;
  /** Fills `$INDEX` with packages, which is served at `$INDEX_URL`: for tools that ask an index although they need no package of it. */
  readonly index?: string;
  /** Makes the lockfiles that are checked in. */
  readonly lock?: string;
  readonly lockfiles?: readonly string[];
  readonly build: string;
  /** What a build without a cache says, and one with it does not. */
  readonly coldOnly?: RegExp;
  /** What shows that the cache was used. */
  readonly warm?: RegExp;
  /** Nothing in the sources tells. */
  readonly asked?: string;
}

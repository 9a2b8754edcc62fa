/** The shape of a row of the table of presets. A unit test holds each row against the rules that a type cannot say. */

export const GIB = 2 ** 30;

/**
 * `downloads`: what a tool fetched. Named by the hash of lockfiles; a tag that moves along is the fallback.
 * `build`: what a tool made of the sources. Named by the branch; the default branch is the fallback.
 */
export type CacheKind = 'downloads' | 'build';

/** Tools that can be mistaken for each other: in one directory only one of a family is found. */
export type Family = 'javascript' | 'python' | 'jvm' | 'other';

export interface Preset {
  /** The value of the param `preset`. */
  readonly name: string;
  readonly title: string;
  readonly family: Family;
  /** What in a directory says that it is such a project; none: the preset has to be named. */
  readonly marks: readonly Mark[];
  /** The caches of the preset, one or two: downloads come first. */
  readonly caches: readonly [PresetCache] | readonly [PresetCache, PresetCache];
  /** What goes wrong in practice, a sentence each. */
  readonly traps: readonly string[];
  /** Where the facts are from. */
  readonly sources: readonly string[];
  /** The test in which the real tool used a restored cache of this preset. */
  readonly provedBy?: string;
}

export interface Mark {
  /** Globs of names in one directory, each of which has to match. */
  readonly files: readonly string[];
  /** The name of that directory; any when absent. */
  readonly within?: string;
  /** A lockfile or a wrapper: beats every mark in its family that is not. */
  readonly sure: boolean;
  /**
   * Describes a library whose lockfile the build writes. Found only where nothing else is: others have such a file for a registry, or for their
   * docs.
   */
  readonly alone?: true;
}

export interface PresetCache {
  readonly kind: CacheKind;
  /** The tool's own default directory, for the docs. */
  readonly usually: string;
  /** What makes the tool use our directory. */
  readonly env: readonly PresetVariable[];
  /** Globs below the sources: the files to hash. */
  readonly files: readonly string[];
  /** Native code or compiler output is in it, so that the image of the steps belongs into the key. */
  readonly native: boolean;
  /** Globs below the directory: what changes all the time, what comes with the image, what may hold a credential. */
  readonly exclude: readonly string[];
  /** Directories below it without which the tool ends: the fetch makes them, whatever comes of it. */
  readonly makes?: readonly string[];
  /** The tool goes by times: what is newer than its source is fresh. */
  readonly comparesTimes?: true;
  /** How files leave the cache that no build uses any more; absent: only by the tool's own command. */
  readonly eviction?: Eviction;
  /** Bytes of the files of `eviction`, unless the user gives a number. */
  readonly maxSize?: number;
  /** The tool's own way to remove what nothing uses any more; a step runs it before the upload. */
  readonly trim?: string;
}

/** Which files may go one by one, and what tells that they were used; see EvictionRule in shared/entry. */
export interface Eviction {
  /** Globs below the directory of the cache. */
  readonly files: readonly string[];
  /** `hash`: the tool makes several files of one thing, with the same 16 hex digits in their paths. */
  readonly unit: 'file' | 'hash';
  /** The time that marks a use: the tool sets `mtime`, the kernel `atime`. */
  readonly usedBy: 'mtime' | 'atime';
  /** Milliseconds in which the tool does not mark a file again. */
  readonly markedEveryMs: number;
}

export interface PresetVariable {
  readonly name: string;
  /** `{{cache}}` is the directory of the cache, `{{source}}` that of the sources. */
  readonly value: string;
  /** A list of options: append it to what the image or the Task has in this variable. */
  readonly append?: true;
  /** What says that the variable does this. Absent: nothing was found that does. */
  readonly source?: string;
}

/** What the mark looks for, for people: globs of paths. */
export function markFiles({ files, within }: Mark): readonly string[] {
  return within === undefined ? files : files.map((glob) => `${within}/${glob}`);
}

/** `go-downloads`: the cache in results and in references, and its directory below the root. */
export function cacheName(preset: Preset, cache: PresetCache): string {
  return `${preset.name}-${cache.kind}`;
}

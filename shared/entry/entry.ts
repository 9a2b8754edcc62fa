/**
 * The port between the helper and entries: a cache entry is one image in a store, restored into or made from
 * chosen directories of one workspace.
 *
 * A miss is an answer; everything else that goes wrong is a `CacheError` whose code says whose fault it is:
 * the store's codes, and `InvalidImage`, `TooLarge`, `Unreadable`, `Unwritable`, `DigestMismatch`, `Deadline`, `Cancelled`.
 */
import type { LockTerms } from '../archive/commit/lock/lock-terms.ts';
import type { Store } from '../store/store.ts';

/** Work done so far, cumulative. */
export interface EntryProgress {
  /** Bytes received or sent. */
  readonly bytes: number;
  readonly files: number;
}

export interface EntryLimits {
  /** Bytes of content of one entry. */
  readonly maxBytes: number;
  readonly maxFiles: number;
  readonly maxBlobBytes: number;
  /** Bytes of tar for one compressed byte, for a whole image of another tool; what has less than `FREE_BYTES` is not judged. */
  readonly maxExpansion: number;
}

/** An image with less content than this is no bomb: a log that repeats itself is a thousand times smaller, too. */
export const FREE_BYTES = 64 * 1024 * 1024;

/**
 * Whether an entry may be used that is stored under this digest: nothing, or why not, as the end of a sentence about it. Asked before anything
 * of it is looked at.
 */
export type EntryCheck = (entry: StoredReference) => Promise<string | undefined>;

/** The part of a workspace that an entry is about. */
export interface EntryDirectory {
  /** Absolute directory of the workspace. */
  readonly dir: string;
  /** Globs relative to `dir`, `!` takes out; empty: all of it. */
  readonly paths: readonly string[];
  /** Globs relative to `dir` of what is never stored and never touched, `!` takes out. */
  readonly exclude: readonly string[];
  /** Set for a directory of a tool: the fetch gives what root restores to the user whose tool made it. */
  readonly ofTool?: boolean;
  /** Directories at its top that were made for the tool, by their names. */
  readonly made?: readonly string[];
  /** Absolute directory of the sources with whose times a tool compares those of its files, '' where nobody knows it; absent: no tool does. */
  readonly comparedWith?: string;
  /** Checks each entry before it is restored, or built upon; absent: all entries may be used. */
  readonly check?: EntryCheck;
  /** The terms of the directory's lock, where they are not those of this kernel. */
  readonly lock?: LockTerms;
}

export interface EntryFetch extends EntryDirectory {
  readonly store: Store;
  /** Tag or digest in the store. */
  readonly reference: string;
  /** Remove what the entry does not have. */
  readonly clean: boolean;
  /** In a join, files may lie in their layers under the names of others, and in any order. */
  readonly hasFreed?: boolean;
  readonly limits?: Partial<EntryLimits>;
  readonly progress?: (progress: EntryProgress) => void;
  readonly signal?: AbortSignal;
}

export type FetchOutcome =
  /**
   * `otherPaths`: the entry is there, but was made of other directories than those that are wanted.
   * `lost`: it is there, but the store does not have this blob of it any more: `layer sha256:...`.
   * `unverified`: it is there, and the check says why it may not be used.
   */
  | { readonly found: false; readonly otherPaths?: true; readonly lost?: string; readonly unverified?: string }
  | {
      readonly found: true;
      /** Digest of the entry's manifest. */
      readonly digest: string;
      /** Bytes of content of the entry. */
      readonly size: number;
      /** 0 when the directory had everything already. */
      readonly bytesReceived: number;
      /** Files of the entry. */
      readonly files: number;
      /** The annotations that the upload was given; empty for images of other tools. */
      readonly annotations: Readonly<Record<string, string>>;
      /** Sentences for the log: what could not be set, was left out, or was recovered. */
      readonly notes: readonly string[];
    };

export interface EntryUpload extends EntryDirectory {
  readonly store: Store;
  /** Tag that the entry gets. */
  readonly reference: string;
  /** Further tags in the same store; they point at the entry afterwards, also when it was there already. */
  readonly aliases: readonly string[];
  /**
   * Where to look for an entry to build upon when `reference` leads to none, in order. The entry that the stat cache names may be in any of
   * their stores.
   */
  readonly bases?: readonly BaseReference[];
  /** The workspace cannot be written: no stat cache is made. */
  readonly readOnly?: boolean;
  /** Bytes of content, above which the files that were used longest ago are removed from the directory before anything else. */
  readonly maxSize?: number;
  /** Which files are removed from the directory when nothing uses them any more; absent: none. */
  readonly eviction?: EvictionRule;
  /** Send everything, although nothing changed and whatever the store says that it has. */
  readonly force: boolean;
  /** A file that changes each time it is read is left out; otherwise it ends the upload with `Unreadable`. */
  readonly leaveOutChanging?: boolean;
  /** An empty workspace is content too: a task that has removed everything. */
  readonly evenEmpty?: boolean;
  /** Kept with the entry, as annotations of its manifest: the hash that travels with it, when it may be dropped. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly compression?: 'zstd' | 'gzip';
  readonly limits?: Partial<EntryLimits>;
  readonly progress?: (progress: EntryProgress) => void;
  readonly signal?: AbortSignal;
}

/** What is known of a tool's files, so that those may go that nothing uses. */
export interface EvictionRule {
  /**
   * Globs below the directory: files whose loss costs the tool no more than to make them again. Where one names a directory and none
   * the files in it, these go by the times of the directory.
   */
  readonly files: readonly string[];
  /** `file`: each by itself. `hash`: files with the same 16 hex digits in their paths go together. */
  readonly unit: 'file' | 'hash';
  /** The time that tells of a use: `mtime`, which the tool sets, or `atime`, which the kernel sets when a file is read. */
  readonly usedBy: 'mtime' | 'atime';
  /** Milliseconds in which the tool does not mark a file again. */
  readonly markedEveryMs: number;
}

export interface UploadOutcome {
  /** True when the target holds this content because of this upload. */
  readonly uploaded: boolean;
  readonly reason: 'pushed' | 'unchanged' | 'empty';
  /** Digest of the entry's manifest; empty when `reason` is `empty`. */
  readonly digest: string;
  /** Bytes of content of the entry. */
  readonly size: number;
  /** Bytes of blobs and manifests that went over the wire. */
  readonly bytesSent: number;
  readonly notes: readonly string[];
  /** Aliases that the registry would not move; the target is there all the same. */
  readonly unmoved?: readonly UnmovedAlias[];
}

export interface UnmovedAlias {
  readonly alias: string;
  /** Why, as a sentence. */
  readonly message: string;
}

/** Where an entry may be that an upload builds upon. */
export interface BaseReference {
  readonly store: Store;
  /** Tag or digest. Without it there is only what the stat cache names. */
  readonly reference?: string;
}

/** An entry that may not exist. */
export interface StoredReference {
  readonly store: Store;
  /** Tag or digest. */
  readonly reference: string;
}

/** What several tasks made of the same content, as one. */
export interface EntryJoin extends EntryDirectory {
  /** Each after those that it names, by their indexes. One without parts changed nothing; several parts are side by side. */
  readonly nodes: readonly { readonly parts: readonly StoredReference[]; readonly after: readonly number[] }[];
  /** The content before any of them: the first of these that exists. */
  readonly base: readonly StoredReference[];
  /** Remove what the outcome does not have. */
  readonly clean: boolean;
  readonly limits?: Partial<EntryLimits>;
  readonly progress?: (progress: EntryProgress) => void;
  readonly signal?: AbortSignal;
}

/** What the helper needs of this folder: `fetchEntry`, `uploadEntry` and `joinEntries` of the files of these names. */
export interface EntryPort {
  fetch(request: EntryFetch): Promise<FetchOutcome>;
  upload(request: EntryUpload): Promise<UploadOutcome>;
  /** Restores what several entries become together; a miss when there is none of them. */
  join(request: EntryJoin): Promise<FetchOutcome>;
}

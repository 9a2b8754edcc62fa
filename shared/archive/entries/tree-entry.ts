/** What an entry of the index says about one path. Paths and link targets are byte strings (path.ts). */
interface Located {
  readonly path: string;
  /** Id of the layer that holds its tar entry. */
  readonly layer: number;
  /** Number of the frame in the layer. */
  readonly frame: number;
  /** Byte in the frame's tar where the content begins; the byte after its header where there is none. */
  readonly offset: number;
  /** The lower 12 bits of st_mode. */
  readonly mode: number;
  /** Seconds since 1970, rounded down; may be negative. */
  readonly mtimeSec: number;
  /** 0 to 999,999,999. */
  readonly mtimeNs: number;
}

export interface FileEntry extends Located {
  readonly type: 'file';
  readonly size: number;
  /** SHA-256 of the content, 64 hex digits. */
  readonly digest: string;
}

export interface DirectoryEntry extends Located {
  readonly type: 'directory';
}

export interface SymlinkEntry extends Located {
  readonly type: 'symlink';
  readonly target: string;
}

export interface HardlinkEntry extends Located {
  readonly type: 'hardlink';
  /** Path of the file entry, in the same layer, that this is another name of. */
  readonly target: string;
}

/** An entry of deltas only: the path and all below it is gone. */
export interface DeletedEntry {
  readonly type: 'deleted';
  readonly path: string;
}

export type TreeEntry = FileEntry | DirectoryEntry | SymlinkEntry | HardlinkEntry;
export type IndexEntry = TreeEntry | DeletedEntry;

/** One frame of a content layer. */
export interface Frame {
  /** Compressed bytes. */
  readonly size: number;
  readonly tarSize: number;
  /** SHA-256 of the compressed bytes, 64 hex digits. */
  readonly digest: string;
}

/** A content layer as an index describes it. */
export interface LayerFrames {
  readonly id: number;
  readonly frames: readonly Frame[];
}

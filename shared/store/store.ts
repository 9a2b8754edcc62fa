/**
 * The port that entries are kept behind: one repository of manifests and content-addressed blobs.
 *
 * An OCI registry and an OCI layout in a directory implement it. Retries, resume, authentication, timeouts and
 * stall detection are the implementation's business and invisible here. Every failure is a `CacheError`
 * with one of the codes Unauthorized, Unreachable, NotFound, DigestMismatch, TooLarge, Cancelled, Deadline; a `BlobError`
 * where it is about one blob or manifest that the store does not give as it was.
 */
export interface Descriptor {
  readonly mediaType: string;
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A manifest that names another one as its `subject`. */
export interface Referrer extends Descriptor {
  readonly artifactType?: string;
}

export interface StoredManifest {
  readonly descriptor: Descriptor;
  /** The bytes as stored; their digest has been verified. */
  readonly bytes: Uint8Array;
}

export interface BlobRange {
  /** First byte, from 0. */
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
}

/**
 * Takes the bytes of a blob in order. The chunk is only valid during the call (its memory may be reused);
 * a returned promise holds the transfer back until it is settled.
 */
export type BlobSink = (chunk: Uint8Array) => void | Promise<void>;

/**
 * Gives the bytes of a new blob, in order, awaiting each call. A chunk stays as it is until `done` is called, if ever: the store may keep
 * it to send it again. It may be run more than once, where a store must know the digest first or lost an upload, and gives the same bytes each time:
 * other bytes end the upload with `Unreadable`.
 */
export type BlobSource = (write: BlobWrite) => Promise<void>;
export type BlobWrite = (chunk: Uint8Array, done?: () => void) => Promise<void>;

export interface Store {
  /** `registry/repository`, or `oci:DIR`; for messages. */
  readonly name: string;

  /** The manifest's descriptor, or nothing when there is no such tag or digest. */
  headManifest(reference: string, signal?: AbortSignal): Promise<Descriptor | undefined>;
  /** The manifest, at most `MANIFEST_BYTES` long; digest verified. */
  getManifest(reference: string, signal?: AbortSignal): Promise<StoredManifest | undefined>;
  /**
   * Puts a manifest under a tag or its digest, and reads it back: when this settles, the store has it. Throws `BlobsUnknownError` when the
   * store misses blobs of it, `BlobError` when it keeps other bytes under that digest.
   */
  putManifest(reference: string, mediaType: string, bytes: Uint8Array, signal?: AbortSignal): Promise<Descriptor>;

  /** Is the blob there? */
  hasBlob(digest: string, signal?: AbortSignal): Promise<boolean>;
  /** Streams a blob, or a range of it, into the sink. A range is not verified: who reads ranges knows their digests; a whole blob is. */
  readBlob(descriptor: Descriptor, sink: BlobSink, range?: BlobRange, signal?: AbortSignal): Promise<void>;
  /** A range was answered with all of the blob: each one costs what is in front of it, too. Not known before the first. */
  readonly ignoresRanges?: boolean;
  /**
   * Puts a small blob whose bytes are at hand, unless it is there. Returns true when bytes were sent.
   *
   * @param taken told when the wire has taken the bytes, before the store has a blob of them; again where they are sent again
   */
  putBlob(digest: string, bytes: Uint8Array, signal?: AbortSignal, taken?: () => void): Promise<boolean>;
  /** Uploads a blob whose digest is known only at its end; the digest is computed on the way. */
  writeBlob(mediaType: string, source: BlobSource, signal?: AbortSignal): Promise<Descriptor>;
  /** Makes a blob of another repository of the same store visible here, without moving bytes. False when the store will not. */
  mountBlob(digest: string, from: Store, signal?: AbortSignal): Promise<boolean>;

  /** The manifests that name this one as their subject; nothing where the store keeps no such list. */
  referrers?(digest: string, signal?: AbortSignal): Promise<readonly Referrer[] | undefined>;
  /** A signed statement, in an envelope, that this run wrote the manifest here; nothing where no token service makes some. */
  statement?(digest: string, signal?: AbortSignal): Promise<Uint8Array | undefined>;

  /** Closes kept connections. */
  close(): Promise<void>;
}

/** Registries take manifests of 4 MiB, by convention; what is larger is refused unread. */
export const MANIFEST_BYTES = 4 * 1024 * 1024;

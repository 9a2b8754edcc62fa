import { StatusError } from '../../http/message/status-error.ts';
import { ReplayPassed } from './replay-window.ts';
import type { UploadSession } from './upload-session.ts';

/** A point from which an upload can go on. */
export interface Resumption {
  readonly session: UploadSession;
  /** Bytes that the registry has. */
  readonly offset: number;
}

/**
 * The registry needs bytes again that the window no longer holds: those behind `resumption`, or all where there is none. `cause` is the failure
 * before.
 */
export class UploadLost extends Error {
  readonly resumption: Resumption | undefined;

  constructor(cause: unknown, resumption?: Resumption) {
    super('the upload was lost', { cause });
    this.resumption = resumption;
  }
}

/** The registry, or a proxy before it, takes no request of unknown or of such length. */
export class StreamRefused extends UploadLost {}

/** The registry wants blobs whole. */
export class ChunksRefused extends Error {}

/** 411 and 413 are about the request's length, 400 and 415 about what a chunk needs and a stream does not have. */
const STREAM_REFUSALS = [400, 411, 413, 415];
/** Answers to a chunk by registries that know only whole blobs. */
const CHUNK_REFUSALS = [400, 404, 405, 411, 415, 501];

/** Answers to bytes that come with their digest by registries that know only chunks. */
const BODY_REFUSALS = [400, 405, 411, 415, 501];

export function isBodyRefusal(error: unknown): boolean {
  return error instanceof StatusError && BODY_REFUSALS.includes(error.status) && !isSessionLost(error);
}

export function isStreamRefusal(error: unknown): boolean {
  return error instanceof StatusError && STREAM_REFUSALS.includes(error.status) && !isSessionLost(error);
}

/** A shorter request may pass. */
export function isTooLong(error: unknown): boolean {
  return error instanceof StatusError && error.status === 413;
}

/** After the first bytes a 404 is about the upload, not about chunks. */
export function isChunkRefusal(error: unknown, received: number): boolean {
  if (!(error instanceof StatusError) || !CHUNK_REFUSALS.includes(error.status)) return false;
  return error.status !== 404 || (received === 0 && !error.reports('BLOB_UPLOAD_UNKNOWN'));
}

export function isSessionLost(error: unknown): boolean {
  if (!(error instanceof StatusError)) return false;
  return error.status === 404 || error.reports('BLOB_UPLOAD_UNKNOWN') || error.reports('DIGEST_INVALID');
}

/** The registry has more or less than we think. */
export function isMisunderstanding(error: unknown): error is Error {
  return error instanceof ReplayPassed || (error instanceof StatusError && error.status === 416);
}

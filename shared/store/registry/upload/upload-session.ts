import { CacheError, ERROR_CODES } from '../../../errors.ts';
import { hasBlob } from './blob-lookup.ts';
import type { Headers } from '../../http/message/http-message.ts';
import type { RegistryClient } from '../client/registry-client.ts';
import type { RegistryRequest } from '../client/registry-request.ts';

export interface UploadSession {
  /** Where the next request of this upload goes. */
  readonly location: URL;
  /** The registry takes no smaller chunks, except for the last. */
  readonly minChunkBytes: number;
}

const ANSWER_BYTES = 64 * 1024;
/** Chunks are held in memory. A registry that wants larger ones refuses ours, and gets the blob as a whole. */
const LARGEST_MINIMUM_BYTES = 64 * 1024 * 1024;

/** Opens an upload with one request; the caller tries again. */
export async function openUpload(client: RegistryClient, signal?: AbortSignal): Promise<UploadSession> {
  const response = await client.send({ method: 'POST', to: 'blobs/uploads/', expect: [202] }, signal);
  await response.discard();
  const minimum = Number(response.headers.get('oci-chunk-min-length') ?? 0);
  const isTaken = Number.isInteger(minimum) && minimum >= 0 && minimum <= LARGEST_MINIMUM_BYTES;
  return { location: client.location(response), minChunkBytes: isTaken ? minimum : 0 };
}

/** Sends the next bytes of an upload. Returns where it goes on. One try; the caller has the retries. */
export async function sendPart(
  client: RegistryClient,
  session: UploadSession,
  part: Pick<RegistryRequest, 'body' | 'headers' | 'answerMs'>,
  signal?: AbortSignal,
): Promise<UploadSession> {
  const headers = { 'content-type': 'application/octet-stream', ...part.headers };
  const request = { ...part, method: 'PATCH', to: session.location, headers, expect: [201, 202, 204] } as const;
  const response = await client.send(request, signal);
  await response.discard();
  return { ...session, location: client.location(response) };
}

/** How much of an upload has arrived, where the registry says so, and where it goes on. With retries. */
export async function askReceived(
  client: RegistryClient,
  session: UploadSession,
  signal?: AbortSignal,
): Promise<{ readonly received: number | undefined; readonly session: UploadSession }> {
  const request = { method: 'GET', to: session.location, expect: [200, 202, 204] } as const;
  const answer = await client.call(request, ANSWER_BYTES, signal);
  const moved = answer.headers.has('location') ? { location: client.location(answer) } : {};
  return { received: receivedBytes(answer.headers), session: { ...session, ...moved } };
}

/** `Range: 0-N`, N the last byte that arrived. An upload without a byte has no other way to say so than `0-0`. */
export function receivedBytes(headers: Headers): number | undefined {
  const last = /^(?:bytes=)?0-(\d{1,15})$/.exec(headers.get('range') ?? '')?.[1];
  return last === undefined ? undefined : last === '0' ? 0 : Number(last) + 1;
}

/** Ends an upload, with its bytes or what is left of them. One try; the caller has the retries. */
export async function commitUpload(
  client: RegistryClient,
  upload: { readonly location: URL; readonly digest: string } & Pick<RegistryRequest, 'body' | 'taken'>,
  signal?: AbortSignal,
): Promise<void> {
  const { location, digest, body, taken } = upload;
  const response = await client.send(
    {
      method: 'PUT',
      to: withDigest(location, digest),
      headers: { 'content-type': 'application/octet-stream' },
      ...(body ? { body, taken } : {}),
      answerMs: client.timeouts.commitMs,
      expect: [201, 202, 204],
    },
    signal,
  );
  await response.discard();
  const said = response.headers.get('docker-content-digest');
  if (said !== undefined && said !== digest) {
    const message = `${client.name} stored the blob ${digest} as ${said}`;
    throw new CacheError(ERROR_CODES.DigestMismatch, message);
  }
}

/**
 * Makes a blob of another repository of the registry visible in this one. False when the registry would rather have
 * the bytes, or refuses.
 */
export async function mountBlob(
  client: RegistryClient,
  blob: { readonly digest: string; readonly from: string },
  signal?: AbortSignal,
): Promise<boolean> {
  const { digest, from } = blob;
  const query = new URLSearchParams({ mount: digest, from });
  const answer = await client.call(
    { method: 'POST', to: `blobs/uploads/?${query.toString()}`, alsoPulls: from, expect: [201, 202, 400, 404, 405] },
    ANSWER_BYTES,
    signal,
  );
  // A 202 means that the registry began an upload instead. The upload is empty, and the registry purges it: to cancel it would take the right to
  // delete.
  if (answer.status !== 201) return false;
  const said = answer.headers.get('docker-content-digest');
  return said === undefined ? await hasBlob(client, { digest }, signal) : said === digest;
}

/** The query of a location belongs to the registry: it is kept as it is. */
function withDigest(location: URL, digest: string): URL {
  const url = new URL(location);
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

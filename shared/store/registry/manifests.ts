import { BlobError, CacheError, ERROR_CODES } from '../../errors.ts';
import { BlobsUnknownError } from '../blobs-unknown-error.ts';
import { sha256 } from '../digest.ts';
import { contentLength } from '../http/message/http-message.ts';
import type { Headers } from '../http/message/http-message.ts';
import { NetworkError } from '../http/message/network-error.ts';
import { StatusError } from '../http/message/status-error.ts';
import { isDigest } from '../reference.ts';
import { MANIFEST_BYTES } from '../store.ts';
import type { Descriptor, StoredManifest } from '../store.ts';
import { INDEX_TYPE, MANIFEST_TYPE, manifestMediaType } from '../media-type.ts';
import type { RegistryClient } from './client/registry-client.ts';
import { SIGNED_FOR_GET } from './client/registry-request.ts';

const MANIFEST_TYPES = [
  MANIFEST_TYPE,
  INDEX_TYPE,
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
];
const ACCEPT = MANIFEST_TYPES.join(', ');
const ANSWER_BYTES = 64 * 1024;

export async function headManifest(
  client: RegistryClient,
  reference: string,
  signal?: AbortSignal,
): Promise<Descriptor | undefined> {
  // 405 and 501: a registry without HEAD for manifests.
  const answer = await client.call(
    {
      method: 'HEAD',
      to: `manifests/${reference}`,
      headers: { accept: ACCEPT },
      expect: [200, 404, 405, 501],
      expectElsewhere: SIGNED_FOR_GET,
    },
    0,
    signal,
  );
  if (answer.status === 404) return undefined;
  const size = contentLength(answer.headers);
  const mediaType = answer.headers.get('content-type')?.split(';')[0]?.trim() ?? '';
  const digest = announcedDigest(answer.headers) ?? (MANIFEST_TYPES.includes(mediaType) ? reference : '');
  const isAnswer = isDigest(reference) ? digest === reference : isDigest(digest);
  // An answer without a digest and the type of a manifest may be any page.
  if (answer.status === 200 && isAnswer && size !== undefined && mediaType !== '') return { mediaType, digest, size };
  return (await getManifest(client, reference, signal))?.descriptor;
}

export async function getManifest(
  client: RegistryClient,
  reference: string,
  signal?: AbortSignal,
): Promise<StoredManifest | undefined> {
  const answer = await client.call(
    { method: 'GET', to: `manifests/${reference}`, headers: { accept: ACCEPT }, expect: [200, 404] },
    MANIFEST_BYTES,
    signal,
  );
  if (answer.status === 404) return undefined;
  const { bytes } = answer;
  if (!bytes) {
    const message = `the manifest ${reference} in ${client.name} is larger than ${MANIFEST_BYTES} bytes`;
    throw new CacheError(ERROR_CODES.TooLarge, message);
  }
  const type = answer.headers.get('content-type') ?? '';
  if (/^text\/html\b/i.test(type)) {
    throw new NetworkError('protocol', `${answer.url.host} answers with a page (${type}) where a manifest is due`);
  }
  const digest = sha256(bytes);
  const expected = isDigest(reference) ? reference : announcedDigest(answer.headers);
  if (expected !== undefined && expected !== digest) {
    const message = `the manifest ${reference} in ${client.name} came with the digest ${digest}, not ${expected}`;
    throw new BlobError(ERROR_CODES.DigestMismatch, message, expected);
  }
  const mediaType = manifestMediaType(answer.headers.get('content-type'), bytes);
  return { descriptor: { mediaType, digest, size: bytes.length }, bytes };
}

export async function putManifest(
  client: RegistryClient,
  reference: string,
  manifest: { readonly mediaType: string; readonly bytes: Uint8Array },
  signal?: AbortSignal,
): Promise<Descriptor> {
  const { mediaType, bytes } = manifest;
  const digest = sha256(bytes);
  const { commitMs } = client.timeouts;
  const request = {
    method: 'PUT',
    to: `manifests/${reference}`,
    headers: { 'content-type': mediaType },
    body: bytes,
    answerMs: commitMs,
    expect: [200, 201, 202],
  } as const;
  try {
    const { headers } = await client.call(request, ANSWER_BYTES, signal);
    const stored = announcedDigest(headers);
    if (stored !== undefined && stored !== digest) {
      const message = `${client.name} stored the manifest ${reference} as ${stored}, though it has the digest ${digest}`;
      throw new CacheError(ERROR_CODES.DigestMismatch, message);
    }
    return { mediaType, digest, size: bytes.length };
  } catch (error) {
    throw (error instanceof StatusError && unknownBlobs(client, reference, error)) || error;
  }
}

/**
 * Reads back a manifest that the registry took: only what comes back is there. Some registries take a moment.
 *
 * @throws BlobError when the registry keeps other bytes under its digest
 */
export async function confirmManifest(client: RegistryClient, digest: string, signal?: AbortSignal): Promise<void> {
  await client.budget(signal).run(async () => {
    if ((await getManifest(client, digest, signal)) !== undefined) return;
    throw new NetworkError('protocol', `${client.registry} took the manifest ${digest} and does not have it`);
  });
}

/** Registries name the missing blobs as the error's detail, alone or in an object. */
function unknownBlobs(client: RegistryClient, reference: string, error: StatusError): BlobsUnknownError | undefined {
  if (!error.reports('MANIFEST_BLOB_UNKNOWN') && !error.reports('BLOB_UNKNOWN')) return undefined;
  const details = JSON.stringify(error.reported.map(({ detail }) => detail));
  const digests = new Set(details.match(/sha256:[0-9a-f]{64}/g));
  return new BlobsUnknownError(`${client.name} lacks blobs of the manifest ${reference}: it ${error.message}`, [
    ...digests,
  ]);
}

function announcedDigest(headers: Headers): string | undefined {
  const digest = headers.get('docker-content-digest');
  return digest !== undefined && isDigest(digest) ? digest : undefined;
}

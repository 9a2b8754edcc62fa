import { contentLength } from '../../http/message/http-message.ts';
import type { Headers } from '../../http/message/http-message.ts';
import { SIGNED_FOR_GET } from '../client/registry-request.ts';
import type { RegistryClient } from '../client/registry-client.ts';

interface WantedBlob {
  readonly digest: string;
  /** Bytes, where they are known. */
  readonly size?: number | undefined;
}

/** The registry lacks the blob, or does not answer such questions: in either case the caller sends it. */
const NOT_SAID = [404, 405, 501];

/** Does the registry say that it has the blob? A status of 200 alone says nothing: a login page answers that to everything. */
export async function hasBlob(client: RegistryClient, blob: WantedBlob, signal?: AbortSignal): Promise<boolean> {
  const question = {
    method: 'HEAD',
    to: `blobs/${blob.digest}`,
    expect: [200, ...NOT_SAID],
    expectElsewhere: SIGNED_FOR_GET,
  } as const;
  const answer = await client.call(question, 0, signal);
  return answer.status === 200 && isOfBlob(answer.headers, blob);
}

/** Is an answer about this blob? By its digest; where it is from storage behind the registry, by its length or at least its type. */
function isOfBlob(headers: Headers, { digest, size }: WantedBlob): boolean {
  const said = headers.get('docker-content-digest');
  if (said !== undefined) return said === digest;
  const length = contentLength(headers);
  if (size !== undefined && length !== undefined) return length === size;
  return /^(\w+\/octet-stream|application\/vnd\.)/.test(headers.get('content-type') ?? '');
}

import { contentLength } from '../../http/message/http-message.ts';
import type { Headers } from '../../http/message/http-message.ts';
import type { RegistryClient } from '../client/registry-client.ts';

export interface WantedBlob {
  readonly digest: string;
  /** Bytes, where they are known. */
  readonly size?: number | undefined;
}

/** Does the registry say that it has the blob? A status of 200 alone says nothing: a login page answers that to everything. */
export async function hasBlob(client: RegistryClient, blob: WantedBlob, signal?: AbortSignal): Promise<boolean> {
  const answer = await client.call({ method: 'HEAD', to: `blobs/${blob.digest}`, expect: [200, 404] }, 0, signal);
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

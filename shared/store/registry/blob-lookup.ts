import type { RegistryClient } from './registry-client.ts';

export async function hasBlob(client: RegistryClient, digest: string, signal?: AbortSignal): Promise<boolean> {
  const answer = await client.call({ method: 'HEAD', to: `blobs/${digest}`, expect: [200, 404] }, 0, signal);
  return answer.status === 200;
}

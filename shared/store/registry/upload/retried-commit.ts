import { NetworkError } from '../../http/message/network-error.ts';
import type { RegistryClient } from '../client/registry-client.ts';
import { hasBlob } from './blob-lookup.ts';
import { isSessionLost, UploadLost } from './upload-failure.ts';
import { commitUpload } from './upload-session.ts';

/**
 * Ends an upload of which the registry has all bytes, with retries. After a lost answer, or a session that ended with the commit, the
 * registry has the blob. Throws `UploadLost` where the session is gone and the blob is not there.
 */
export async function commitWithRetries(
  client: RegistryClient,
  upload: { readonly location: URL; readonly digest: string },
  signal: AbortSignal,
): Promise<void> {
  const budget = client.budget(signal);
  for (;;) {
    try {
      await commitUpload(client, upload, signal);
      return;
    } catch (error) {
      const isLost = isSessionLost(error);
      if ((isLost || error instanceof NetworkError) && (await hasBlob(client, { digest: upload.digest }, signal)))
        return;
      if (isLost) throw new UploadLost(error);
      await budget.spend(error);
    }
  }
}

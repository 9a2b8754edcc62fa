/** What a task does about a key that it cannot tell, as it does not have the files whose hash is in it. */
import { allows } from '../../interface/mode.ts';
import { byKey, isHashable } from './hash-plan.ts';
import type { HashPlanInput } from './hash-plan.ts';
import type { CachePlan, Transfer } from './plan.ts';

/** Under a mode that writes no key, a task that cannot tell the key has nothing to do with it. */
export function withoutUnknownKey(cache: CachePlan, input: Omit<HashPlanInput, 'caches'>): CachePlan[] {
  const { key } = input;
  if (allows(key.mode, 'upload') || !key.hashed || isHashable(input)) return [cache];
  const { fetch, upload, ...place } = cache;
  const fetched = fetch === undefined || byKey(fetch) ? {} : { fetch };
  const kept = upload !== undefined && byKey(upload) ? handedOff(upload) : upload;
  const uploaded = kept === undefined ? {} : { upload: kept };
  return 'fetch' in fetched || 'upload' in uploaded ? [{ ...place, ...fetched, ...uploaded }] : [];
}

function handedOff({ travels }: Transfer): Transfer | undefined {
  return travels === undefined ? undefined : { ...travels, aliases: [], mode: 'pull-push' };
}

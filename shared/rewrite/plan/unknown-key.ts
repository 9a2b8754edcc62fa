/** The plan of a task that cannot name the key, as it does not have the files to hash. */
import { allows } from '../../interface/mode.ts';
import { byKey, isHashable } from './hash-plan.ts';
import type { HashPlanInput } from './hash-plan.ts';
import type { CachePlan, Transfer } from './plan.ts';

/** What is left of a cache where the mode writes no key: the handoffs of the task. A task that can make the hash keeps all. */
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

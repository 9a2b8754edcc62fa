import type { WithheldFor } from '../interface/withheld.ts';
import type { Granting } from './access.ts';

/** Why nobody may push to a repository now. */
export interface Withholding {
  readonly for: WithheldFor;
  /** A sentence. */
  readonly why: string;
  /** Until then it does not change. Seconds. */
  readonly retryAfterS?: number;
}

/** What was granted, without the pushes that are not taken now; `whyNot` says of a repository why they are not. */
export function withholdPushes(granting: Granting, whyNot: (repository: string) => Withholding | undefined): Granting {
  const refused = [...granting.refused];
  const withheld = new Set<WithheldFor>();
  let retryAfterS = 0;
  const granted = granting.granted.flatMap((access) => {
    const not = access.actions.includes('push') ? whyNot(access.name) : undefined;
    if (not === undefined) return [access];
    withheld.add(not.for);
    retryAfterS = Math.max(retryAfterS, not.retryAfterS ?? 0);
    refused.push(`${access.type}:${access.name}:push: ${not.why}`);
    const actions = access.actions.filter((action) => action !== 'push');
    return actions.length > 0 ? [{ ...access, actions }] : [];
  });
  if (withheld.size === 0) return { granted, refused };
  return { granted, refused, withheld: [...withheld], ...(retryAfterS > 0 ? { retryAfterS } : {}) };
}

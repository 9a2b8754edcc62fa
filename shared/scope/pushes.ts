import type { Granting } from './access.ts';

/** What was granted, without the pushes that are not taken now; `whyNot` says of a repository why they are not. */
export function withholdPushes(granting: Granting, whyNot: (repository: string) => string | undefined): Granting {
  const refused = [...granting.refused];
  const granted = granting.granted.flatMap((access) => {
    const why = access.actions.includes('push') ? whyNot(access.name) : undefined;
    if (why === undefined) return [access];
    refused.push(`${access.type}:${access.name}:push: ${why}`);
    const actions = access.actions.filter((action) => action !== 'push');
    return actions.length > 0 ? [{ ...access, actions }] : [];
  });
  return { granted, refused };
}

import type { Writer } from '../../../shared/provenance/statement/statement.ts';
import { placeFor } from '../../../shared/scope/access.ts';
import { eventOf } from '../../../shared/scope/run-facts.ts';
import type { Scope } from '../../../shared/scope/scope.ts';
import type { Requester } from '../identity/identifier.ts';

/**
 * Who writes to a repository, as the platform knows it; nothing where the run may not. Labels of runs are no part of it: whoever makes
 * a run may write them.
 */
export function writerOf({ run, task, facts }: Requester, scope: Scope, repository: string): Writer | undefined {
  const place = placeFor('push', repository, scope);
  if (place === undefined) return undefined;
  const { source } = eventOf(facts);
  return {
    namespace: facts.namespace,
    serviceAccount: facts.serviceAccount,
    run,
    runUid: facts.run,
    task,
    ...(source === undefined ? {} : { source }),
    trust: scope.trust,
    place: place.repositories,
  };
}

import type { Verb } from '../interface/params.ts';
import { LONGEST_COLLECTION_MS } from '../interface/withheld.ts';

/** What takes long holds up the Task, whose own timeout it would use up. A deadline that Tekton sets for a step fails the TaskRun. */
const WORK_MS = 5 * 60_000;

/** \`max-time\` of a step, where nobody says it: an upload that fails its run may have to wait for the registry's garbage collection first. Milliseconds. */
export function stepMaxTimeMs(verb: Verb, onError: string | undefined): number {
  return verb === 'upload' && onError === 'fail' ? WORK_MS + LONGEST_COLLECTION_MS : WORK_MS;
}

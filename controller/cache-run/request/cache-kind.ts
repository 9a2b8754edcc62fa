import { invalidParams } from '../../../shared/errors.ts';
import { CACHE_KINDS } from '../../../shared/interface/mode.ts';
import type { Verb } from '../../../shared/interface/params.ts';
import { referenceOf } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';

export const GROUP = 'cache.tekton.dev';
const API_VERSION = `${GROUP}/v1alpha1`;

/** What a run of our group asks for. Throws InvalidParams for a kind that the group does not have. */
export function verbOf(run: CustomRun): Verb {
  const { apiVersion = '', kind = '' } = referenceOf(run) ?? {};
  const verb = CACHE_KINDS.get(kind);
  if (apiVersion === API_VERSION && verb !== undefined) return verb;
  throw invalidParams(
    `There is no ${kind} in ${apiVersion}; ${API_VERSION} has ${[...CACHE_KINDS.keys()].join(' and ')}.`,
  );
}

/** Throws InvalidParams for a reference to more than a kind and, as its name, a preset. */
export function checkReference({ spec: { customRef } }: CustomRun): void {
  if (!customRef?.params?.length) return;
  throw invalidParams(
    `${customRef.kind ?? ''} objects do not exist: leave out \`params\` of the taskRef; params are those of the pipeline task.`,
  );
}

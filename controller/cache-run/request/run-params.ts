import { CacheError, invalidParams } from '../../../shared/errors.ts';
import type { Verb } from '../../../shared/interface/params.ts';
import { readParams } from '../../../shared/request/read-params.ts';
import type { ParamValues } from '../../../shared/request/read-params.ts';
import { areNamed } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';

type Given = Readonly<Record<string, unknown>>;

/** The params of a run, as they were given and as the table has them; or the problem that one of them has. */
export type RunParams =
  { readonly given: Given; readonly values: ParamValues; readonly problem?: undefined } | { readonly problem: Error };

/** Returns a problem instead of throwing it: a run that was cancelled ends without its params. */
export function readRunParams(run: CustomRun, verb: Verb): RunParams {
  try {
    const given = paramsOf(run);
    return { given, values: readParams({ verbs: [verb], surface: 'customrun', params: given }) };
  } catch (error) {
    if (error instanceof CacheError) return { problem: error };
    throw error;
  }
}

/**
 * The name of the taskRef is that of a preset. The inline spec is an object of the same names as the params; a param of the
 * pipeline task wins over both.
 */
function paramsOf(run: CustomRun): Readonly<Record<string, unknown>> {
  const { customRef, customSpec, params: given = [] } = run.spec;
  if (!areNamed(given)) {
    throw invalidParams('The params of the run are no list of objects with a `name`.');
  }
  const names = new Set<string>();
  for (const { name } of given) {
    if (names.has(name)) throw invalidParams(`Param \`${name}\` is given twice.`);
    names.add(name);
  }
  // Built from entries: an assignment to the name `__proto__` would make no field, and the param would be passed over.
  return Object.fromEntries<unknown>([
    ...(customRef?.name ? [['preset', customRef.name] as const] : []),
    ...Object.entries(customSpec?.spec ?? {}),
    ...given.map(({ name, value }) => [name, value] as const),
  ]);
}

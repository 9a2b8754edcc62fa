import { isList } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import type { Matrix, PipelineTask } from '../tekton.ts';

/** Does the task become a TaskRun for each combination? A matrix without params and combinations is none to Tekton. */
export function matrixOf({ matrix }: PipelineTask): Matrix | undefined {
  const { params = [], include = [] } = matrix ?? {};
  return params.length + include.length === 0 ? undefined : matrix;
}

/** How many TaskRuns a matrix makes, when every list in it is written out. */
export function combinations({ params = [], include = [] }: Matrix): number | undefined {
  if (params.length === 0) return include.length;
  if (include.length > 0) return undefined;
  const lengths = params.map(({ value }) => (isList(value) && !value.some(isWholeList) ? value.length : undefined));
  return lengths.reduce<number | undefined>(
    (product, length) => (product === undefined || length === undefined ? undefined : product * length),
    1,
  );
}

/** May a list in it turn out to have no element, so that Tekton skips the task? */
export function mayBeEmpty({ params = [] }: Matrix): boolean {
  return params.some(({ value }) => !isList(value) || value.every(isWholeList));
}

/** `$(params.x[*])`, which Tekton replaces by the elements of the list. */
function isWholeList(item: Json): boolean {
  return typeof item === 'string' && item.includes('[*])');
}

/**
 * What Tekton calls a step. One without a name gets its place in the list; the API server stores it with the empty name.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/pod/entrypoint.go (StepName)
 */
export function stepName({ name }: { readonly name?: unknown }, at: number): string {
  return typeof name === 'string' && name !== '' ? name : `unnamed-${at}`;
}

/** The place right behind a step; undefined where no step has the name. */
export function placeAfter(steps: readonly { readonly name?: unknown }[], name: string): number | undefined {
  const at = steps.map(stepName).indexOf(name);
  return at < 0 ? undefined : at + 1;
}

import { environmentOf } from '../../../../../shared/presets/environment.ts';
import { findPreset } from '../../../../../shared/presets/table.ts';
import type { JsonObject } from '../../../../../shared/rewrite/json/json.ts';
import type { Step, TaskSpec } from '../../../../../shared/rewrite/tekton/tekton.ts';
import type { Respected } from '../../../../../shared/rewrite/write/presets/environment.ts';
import { withVariables } from '../../../../../shared/rewrite/write/presets/environment.ts';

export const ROOT = '/caches';
export const REPOSITORY = '-Dmaven.repo.local=/caches/maven-downloads/repository';

/** A Task of one step with the variables of a preset. */
export function write(
  preset: string,
  step: Step,
  rest: TaskSpec = {},
  { byPod = [], guessed = false, named = false }: Partial<Respected> = {},
) {
  const found = findPreset(preset);
  if (found === undefined) throw new Error(preset);
  const variables = environmentOf([found], { root: ROOT, source: '/source' });
  const spec = { steps: [{ name: 'build', image: 'i', ...step }], ...rest };
  const written = withVariables(spec, variables, { kept: [], byPod, guessed, named });
  const valuesOf = (part: JsonObject | undefined) =>
    Object.fromEntries(((part?.['env'] ?? []) as JsonObject[]).map(({ name, value }) => [name, value]));
  return {
    template: valuesOf(written.spec.stepTemplate),
    step: valuesOf(written.spec.steps?.[0]),
    notes: written.notes.join('\n'),
  };
}

import { isObject, objects, strings } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';

/**
 * The images of the steps, each once. A step without one has that of the stepTemplate. Which image a StepAction has only Tekton reads, so
 * that its reference stands for it.
 */
export function stepImages({ steps = [], stepTemplate }: TaskSpec): string[] {
  const images = steps.flatMap(({ image, ref }) => {
    if (isObject(ref))
      return standIn([ref['name'], ref['resolver'], ...objects(ref['params']).map(({ value }) => value)]);
    const [own] = wordsOf(image);
    return own === undefined ? wordsOf(stepTemplate?.['image']) : [own];
  });
  return [...new Set(images)];
}

/** Brackets keep a digest at the end from being taken for that of the image. Tekton takes the variable of a whole list only where it stands alone. */
function standIn(reference: readonly (Json | undefined)[]): string[] {
  const said = reference.flatMap(wordsOf).filter((word) => !word.includes('[*]'));
  return said.length === 0 ? [] : [`(StepAction ${said.join(' ')})`];
}

function wordsOf(value: Json | undefined): string[] {
  return [...strings(value)].filter((word) => word !== '');
}

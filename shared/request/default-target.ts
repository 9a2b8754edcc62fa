import { RESERVED_PARTS } from '../interface/places/reserved-parts.ts';
import { sampleTarget } from './template.ts';
import type { TemplateValues } from './template.ts';

/** A part of a repository that is the Pipeline's name alone. */
const PIPELINE = /\/\{\{ *pipeline *\}\}(?=[/:@]|$)/g;
/** The same directly behind the namespace: there the registry of the installation has places that are called as some Pipelines are. */
const BEHIND_NAMESPACE = /^((?:oci:\/\/|docker:\/\/)?[^/{]+\/\{\{ *namespace *\}\})\/\{\{ *pipeline *\}\}(?=[/:@]|$)/;

/** Can it be the target of runs, whatever its variables will be? Each run without a target would be refused for it. Throws `InvalidParams`. */
export function checkDefaultTarget(template: string): void {
  sampleTarget(template);
}

/**
 * The configuration's target for one run. Where the Pipeline has no name of its own, or one that is a place of other runs, its part of the
 * repository is left out: nobody who wrote the run chose this target, and could mend it.
 *
 * @param registry The registry of the installation, where there is one: no other has such places.
 */
export function defaultTargetFor(template: string, { pipeline }: TemplateValues, registry: string | undefined): string {
  if (pipeline === undefined || pipeline === '') return template.replace(PIPELINE, '');
  const isPlace = RESERVED_PARTS.some((part) => part === pipeline);
  if (!isPlace || registry === undefined || !isInRegistry(registry, [template])) return template;
  return template.replace(BEHIND_NAMESPACE, '$1');
}

/** Does any of these templates name a repository of the registry? */
export function isInRegistry(registry: string, templates: Iterable<string>): boolean {
  for (const template of templates) {
    if (template.replace(/^(?:oci|docker):\/\//i, '').startsWith(`${registry}/`)) return true;
  }
  return false;
}

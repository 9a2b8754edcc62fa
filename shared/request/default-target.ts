import { RESERVED_PARTS } from '../interface/places/reserved-parts.ts';
import { sampleTarget } from './template.ts';
import type { TemplateValues } from './template.ts';

/** A part of a repository that is the Pipeline's name alone. */
const PIPELINE = /\/\{\{ *pipeline *\}\}(?=[/:@]|$)/g;
/** The same directly behind the namespace. In the registry of the installation, some places there have names that a Pipeline may have, too. */
const BEHIND_NAMESPACE = /^((?:oci:\/\/|docker:\/\/)?[^/{]+\/\{\{ *namespace *\}\})\/\{\{ *pipeline *\}\}(?=[/:@]|$)/;

/** Throws `InvalidParams` for a template that cannot be a target, whatever its variables are: each run without a target would be refused for it. */
export function checkDefaultTarget(template: string): void {
  sampleTarget(template);
}

/**
 * The configuration's target for one run. The part of the Pipeline is left out where the Pipeline has no name of its own, or one that is a place of
 * other runs: the author of the run did not choose this target, and could not mend it.
 *
 * @param registry the registry of the installation, if there is one: no other has such places
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

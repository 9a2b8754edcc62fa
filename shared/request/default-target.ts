import { RESERVED_PARTS } from '../interface/places/reserved-parts.ts';
import type { TemplateValues } from './template.ts';

/** A part of a repository that is the Pipeline's name alone. */
const PIPELINE = /\/\{\{ *pipeline *\}\}(?=[/:@]|$)/g;
/** The same where the names of some Pipelines are those of places in the registry of the installation: directly behind the namespace. */
const BEHIND_NAMESPACE = /^((?:oci:\/\/|docker:\/\/)?[^/{]+\/\{\{ *namespace *\}\})\/\{\{ *pipeline *\}\}(?=[/:@]|$)/;

/**
 * The configuration's target for one run. Where the Pipeline has no name of its own, or one that is a place of other runs, its part of the
 * repository is left out: nobody who wrote the run chose this target, and could mend it.
 */
export function defaultTargetFor(template: string, { pipeline }: TemplateValues): string {
  if (pipeline === undefined || pipeline === '') return template.replace(PIPELINE, '');
  return RESERVED_PARTS.some((part) => part === pipeline) ? template.replace(BEHIND_NAMESPACE, '$1') : template;
}

/** Does any of these templates name a repository of the registry? */
export function isInRegistry(registry: string, templates: Iterable<string>): boolean {
  for (const template of templates) {
    if (template.replace(/^(?:oci|docker):\/\//i, '').startsWith(`${registry}/`)) return true;
  }
  return false;
}

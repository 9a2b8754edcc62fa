import type { TemplateValues } from './template.ts';

/** A part of a repository that is the Pipeline's name alone. */
const PIPELINE = /\/\{\{ *pipeline *\}\}(?=[/:@]|$)/g;

/**
 * The configuration's target for one run. Where the Pipeline has no name of its own, its part of the repository is left out: nobody
 * who wrote the run chose this target, and could mend it.
 */
export function defaultTargetFor(template: string, { pipeline }: TemplateValues): string {
  return pipeline === undefined || pipeline === '' ? template.replace(PIPELINE, '') : template;
}

/** Does any of these templates name a repository of the registry? */
export function isInRegistry(registry: string, templates: Iterable<string>): boolean {
  for (const template of templates) {
    if (template.replace(/^(?:oci|docker):\/\//i, '').startsWith(`${registry}/`)) return true;
  }
  return false;
}

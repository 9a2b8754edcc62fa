/** The key `pod-template`. */
import { invalidParams } from '../../shared/errors.ts';
import { areNamed } from '../tekton/custom-run.ts';
import { POD_TEMPLATE_FIELDS } from '../tekton/pod-template.ts';
import type { PodTemplate } from '../tekton/pod-template.ts';
import { readMapping } from './read-value.ts';
import type { Reader } from './read-value.ts';

const readFields = readMapping<PodTemplate>([...POD_TEMPLATE_FIELDS, 'env']);

/** Variables are merged by their names, so each has to have one. Throws `InvalidParams`. */
export const readPodTemplate: Reader<PodTemplate> = (text) => {
  const template = readFields(text);
  if (areNamed(template.env ?? [])) return template;
  throw invalidParams('`env` is no list of variables, each with a `name`');
};

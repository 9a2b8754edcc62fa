/** Reads the key `pod-template`. A mistake in it would break each helper pod, so it is found when somebody writes it. */
import { invalidParams } from '../../shared/errors.ts';
import { areNamed } from '../tekton/custom-run.ts';
import type { POD_TEMPLATE_FIELDS, PodTemplate } from '../tekton/pod-template.ts';
import { isMapping, readMapping } from './read-value.ts';
import type { Reader } from './read-value.ts';

type Field = (typeof POD_TEMPLATE_FIELDS)[number] | 'env';

interface Shape {
  readonly said: string;
  readonly isOf: (value: unknown) => boolean;
}

const TEXT: Shape = { said: 'a text', isOf: isText };
const FLAG: Shape = { said: 'true or false', isOf: (value) => typeof value === 'boolean' };
const MAPPING: Shape = { said: 'a YAML mapping', isOf: isMapping };
/** YAML reads `true` and `1` as no texts, and the API server takes no others. */
const TEXTS: Shape = {
  said: 'a YAML mapping of texts: quote its values',
  isOf: (value) => isMapping(value) && Object.values(value).every(isText),
};
const MAPPINGS: Shape = {
  said: 'a list of YAML mappings',
  isOf: (value) => Array.isArray(value) && value.every(isMapping),
};
/** They are merged by their names. */
const VARIABLES: Shape = {
  said: 'a list of variables, each with a `name`',
  isOf: areNamed,
};

/** The outermost shape of each field. What is within is for the API server to judge. */
const SHAPES: Readonly<Record<Field, Shape>> = {
  nodeSelector: TEXTS,
  tolerations: MAPPINGS,
  affinity: MAPPING,
  securityContext: MAPPING,
  runtimeClassName: TEXT,
  schedulerName: TEXT,
  hostNetwork: FLAG,
  hostUsers: FLAG,
  dnsPolicy: TEXT,
  dnsConfig: MAPPING,
  enableServiceLinks: FLAG,
  priorityClassName: TEXT,
  imagePullSecrets: MAPPINGS,
  hostAliases: MAPPINGS,
  topologySpreadConstraints: MAPPINGS,
  env: VARIABLES,
};
const isField = (name: string): name is Field => Object.hasOwn(SHAPES, name);
const readFields = readMapping<PodTemplate>(Object.keys(SHAPES).filter(isField));

/** Throws `InvalidParams`, which quotes no value: a proxy in it may have a password. */
export const readPodTemplate: Reader<PodTemplate> = (text) => {
  const template = readFields(text);
  for (const [name, value] of Object.entries(template)) {
    // A field without a value is left out.
    if (value === null || !isField(name) || SHAPES[name].isOf(value)) continue;
    throw invalidParams(`\`${name}\` is not ${SHAPES[name].said}`);
  }
  return template;
};

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

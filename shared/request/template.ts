import { createHash } from 'node:crypto';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { didYouMean } from '../interface/nearest.ts';

/** The one table of template variables. */
export const TEMPLATE_VARIABLES = {
  hash: 'the hash of `files`, or the param `hash`',
  workspace:
    "the pipeline's workspace in resolvers (the Task's own for `taskref`), the run's in CustomRuns, NAME in steps and on the command line",
  namespace: 'the namespace of the run',
  pipeline: "the Pipeline's own name; refused where only the name of a run is known",
  task: 'the pipeline task; resolvers only, as a fetch and an upload CustomRun are different tasks',
  arch: 'the machine, as images name it: `amd64`, `arm64`, ...',
  os: 'the operating system, as images name it: `linux`, ...',
} as const satisfies Record<string, string>;

export type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;
export type TemplateValues = Readonly<Partial<Record<TemplateVariable, string>>>;

/** Known only where the work is done, so a controller leaves them for the helper. */
export const LATE_VARIABLES: readonly TemplateVariable[] = ['hash', 'workspace', 'arch', 'os'];

const NAMES = Object.keys(TEMPLATE_VARIABLES);
const PLACE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** The variables of a template, each once. Throws InvalidParams for an unknown one or a brace without its partner. */
export function templateVariables(template: string): TemplateVariable[] {
  const found = new Set<TemplateVariable>();
  for (const [, name = ''] of template.matchAll(PLACE)) {
    if (!isVariable(name)) refuse(template, `{{${name}}} is unknown; ${didYouMean(name, NAMES)}`);
    else found.add(name);
  }
  if (/\{\{|\}\}/.test(template.replaceAll(PLACE, ''))) refuse(template, 'a `{{` or `}}` has no partner.');
  return [...found];
}

export function usesHash(template: string): boolean {
  return templateVariables(template).includes('hash');
}

/** Refuses variables that are not among `known`, with the reason. */
export function checkTemplate(template: string, known: readonly string[]): void {
  for (const name of templateVariables(template)) {
    if (!known.includes(name)) refuse(template, whyUnknown(name));
  }
}

/** Fills in the values at hand and leaves other variables in place, for a second stage. */
export function expandPartly(template: string, values: TemplateValues): string {
  templateVariables(template);
  return template.replaceAll(PLACE, (place, name: string) => {
    const value = isVariable(name) ? values[name] : undefined;
    return value === undefined || value === '' ? place : escapeValue(value);
  });
}

/** The template of a reference without its tag and digest. */
export function repositoryOfTemplate(template: string): string {
  const name = template.replace(/@[^@/]*$/, '');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** The reference that a template stands for, within the length limits of tags and repositories. */
export function expandTemplate(template: string, values: TemplateValues): string {
  const given = NAMES.filter((name) => isVariable(name) && (values[name] ?? '') !== '');
  checkTemplate(template, given);
  return limitLength(expandPartly(template, values));
}

/**
 * A value as a part of a repository or a tag. Injective: it can be read back, so two values never meet.
 *
 * `a-z` and `0-9` stay; `.`, `_` and `-` stay between two other characters. An upper-case letter is written in lower case
 * followed by `__u`, any other byte of the UTF-8 text as two hex digits followed by `__x`. What stays never forms `__`,
 * and every piece begins and ends with a letter or digit, so the text is legal wherever a template puts it.
 */
export function escapeValue(value: string): string {
  const bytes = Buffer.from(value, 'utf8');
  let text = '';
  let afterSeparator = true;
  bytes.forEach((byte, at) => {
    const character = String.fromCharCode(byte);
    const separator = /[._-]/.test(character) && !afterSeparator && at < bytes.length - 1;
    if (separator || /[a-z0-9]/.test(character)) text += character;
    else if (/[A-Z]/.test(character)) text += `${character.toLowerCase()}__u`;
    else text += `${byte.toString(16).padStart(2, '0')}__x`;
    afterSeparator = separator;
  });
  return text;
}

const TAG_LENGTH = 128;
/** Registry and path together, as the reference grammar of containers counts. */
const REPOSITORY_LENGTH = 255;

/** Cuts a tag or repository that is too long and makes it unique again by a digest of all of it: `__d` and 32 hex digits. */
function limitLength(reference: string): string {
  if (reference.includes('@')) return reference;
  const layout = reference.startsWith('oci:');
  const colon = reference.lastIndexOf(':');
  const hasTag = colon > Math.max(reference.lastIndexOf('/'), layout ? 'oci'.length : -1);
  const name = hasTag ? reference.slice(0, colon) : reference;
  const repository = layout ? name : cut(name, REPOSITORY_LENGTH);
  return hasTag ? `${repository}:${cut(reference.slice(colon + 1), TAG_LENGTH)}` : repository;
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const suffix = `__d${createHash('sha256').update(text).digest('hex').slice(0, 32)}`;
  return text.slice(0, limit - suffix.length).replace(/[^a-zA-Z0-9]+$/, '') + suffix;
}

function isVariable(name: string): name is TemplateVariable {
  return Object.hasOwn(TEMPLATE_VARIABLES, name);
}

function whyUnknown(name: TemplateVariable): string {
  if (name === 'pipeline')
    return '{{pipeline}} is not known here, where only the name of a run is. Write the name out.';
  if (name === 'task') return '{{task}} exists in resolvers only. Write the name out.';
  return `{{${name}}} has no value here.`;
}

function refuse(template: string, why: string): never {
  throw new CacheError(ERROR_CODES.InvalidParams, `Template ${JSON.stringify(template)}: ${why}`);
}

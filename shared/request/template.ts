import { CacheError, invalidParams } from '../errors.ts';
import { fitReference } from '../interface/places/fit-reference.ts';
import { parseTarget } from '../interface/places/image-reference.ts';
import type { Target } from '../interface/places/image-reference.ts';
import { escapeValue } from '../interface/text/escape-value.ts';
import { didYouMean } from '../interface/text/nearest.ts';

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
  branch: 'the param `branch`, or else `default-branch`; not in resolvers',
  'default-branch': 'the param `default-branch`; not in resolvers',
  image: '12 hex digits that stand for the param `image`; not in resolvers',
} as const satisfies Record<string, string>;

type TemplateVariable = keyof typeof TEMPLATE_VARIABLES;
export type TemplateValues = Readonly<Partial<Record<TemplateVariable, string>>>;

/** Known only where the work is done, so a controller leaves them for the helper. */
export const LATE_VARIABLES: readonly TemplateVariable[] = ['hash', 'workspace', 'arch', 'os'];

const NAMES = Object.keys(TEMPLATE_VARIABLES);
const OPEN = '{{';
const CLOSE = '}}';
const SLUG = { open: 'slug(', close: ')}}' } as const;

/** A template is a row of these. */
type Part =
  | { readonly kind: 'text'; readonly text: string }
  /** `place` is how it was written. */
  | { readonly kind: 'variable'; readonly name: TemplateVariable; readonly place: string }
  | { readonly kind: 'slug'; readonly value: string };

/** Reads a template from left to right, once. Throws InvalidParams for an unknown variable or a brace without its partner. */
function partsOf(template: string): Part[] {
  const parts: Part[] = [];
  let at = 0;
  for (let open = template.indexOf(OPEN); open >= 0; open = template.indexOf(OPEN, at)) {
    parts.push(textPart(template, at, open));
    const isSlug = template.startsWith(SLUG.open, open + OPEN.length);
    const closing = isSlug ? SLUG.close : CLOSE;
    const close = template.indexOf(closing, open);
    if (close < 0) refuse(template, `a \`${isSlug ? '{{slug(' : OPEN}\` has no partner \`${closing}\`.`);
    at = close + closing.length;
    if (isSlug) parts.push({ kind: 'slug', value: template.slice(open + OPEN.length + SLUG.open.length, close) });
    else parts.push(variablePart(template, template.slice(open, at)));
  }
  parts.push(textPart(template, at, template.length));
  return parts;
}

function textPart(template: string, start: number, end: number): Part {
  const text = template.slice(start, end);
  if (text.includes(CLOSE)) refuse(template, `a \`${CLOSE}\` has no partner.`);
  return { kind: 'text', text };
}

function variablePart(template: string, place: string): Part {
  const name = place.slice(OPEN.length, -CLOSE.length).trim();
  return isVariable(name)
    ? { kind: 'variable', name, place }
    : refuse(template, `{{${name}}} is unknown; ${didYouMean(name, NAMES)}`);
}

/** The variables of a template, each once. Throws InvalidParams for an unknown one or a brace without its partner. */
export function templateVariables(template: string): TemplateVariable[] {
  return [...new Set(partsOf(template).flatMap((part) => (part.kind === 'variable' ? [part.name] : [])))];
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

/**
 * Fills in the values at hand and leaves other variables in place, for a second stage. What `slug` is given is always at hand.
 * Throws InvalidParams where that is no value.
 */
export function expandPartly(template: string, values: TemplateValues): string {
  const parts = partsOf(template);
  checkSlugs(template, parts);
  return parts
    .map((part) => {
      if (part.kind === 'text') return part.text;
      if (part.kind === 'slug') return escapeValue(part.value);
      const value = values[part.name];
      return value === undefined || value === '' ? part.place : escapeValue(value);
    })
    .join('');
}

/** The same for a template that may be bad, such as a fallback without a value: it stays as it is, and whoever expands it last refuses it. */
export function expandIfGood(template: string, values: TemplateValues): string {
  try {
    return expandPartly(template, values);
  } catch (error) {
    if (error instanceof CacheError) return template;
    throw error;
  }
}

/**
 * Somebody else may choose the value of a slug. With `a)}}{{slug(b` in it, one slug would become two, with the name of another value. So `/` or `:`
 * has to stand between two slugs: such a value then makes one slug more than any other, and so no name of another.
 */
function checkSlugs(template: string, parts: readonly Part[]): void {
  let between: string | undefined;
  for (const part of parts) {
    if (part.kind === 'text') between = between === undefined ? undefined : between + part.text;
    if (part.kind !== 'slug') continue;
    if (part.value === '') refuse(template, 'slug() has no value: the param in it is empty.');
    if (part.value.includes(OPEN)) refuse(template, 'slug() takes text, and variables are written safely without it.');
    if (between !== undefined && !/[/:]/.test(between)) {
      refuse(template, 'two slug() are not told apart without `/` or `:` between them; write one with both values.');
    }
    between = '';
  }
}

/** The template of a reference, a layout's among them, without its tag and digest. */
export function repositoryOfTemplate(template: string): string {
  const name = template.replace(/@[^@/]*$/, '');
  const colon = name.lastIndexOf(':');
  const isTag = colon > name.lastIndexOf('/') && name.slice(0, colon) !== 'oci';
  return isTag ? name.slice(0, colon) : name;
}

/** Does the template of a reference say more than a repository (or, as `oci:DIR`, a directory)? */
export function hasTag(template: string): boolean {
  return repositoryOfTemplate(template) !== template;
}

/** The reference that a template stands for, within the length limits of tags and repositories. */
export function expandTemplate(template: string, values: TemplateValues): string {
  const given = NAMES.filter((name) => isVariable(name) && (values[name] ?? '') !== '');
  checkTemplate(template, given);
  return fitReference(expandPartly(template, values));
}

const SAMPLES: TemplateValues = Object.fromEntries(NAMES.map((name) => [name, 'x']));

/** What a template names, whatever its variables will be. Throws InvalidParams where that is no image reference. */
export function sampleTarget(template: string): Target {
  return parseTarget(expandPartly(template, SAMPLES));
}

function isVariable(name: string): name is TemplateVariable {
  return Object.hasOwn(TEMPLATE_VARIABLES, name);
}

function whyUnknown(name: TemplateVariable): string {
  if (name === 'pipeline')
    return '{{pipeline}} is not known here, where only the name of a run is. Write the name out.';
  if (name === 'branch' || name === 'default-branch' || name === 'image')
    return `{{${name}}} needs the param \`${name}\`.`;
  if (name === 'task') return '{{task}} exists in resolvers only. Write the name out.';
  return `{{${name}}} has no value here.`;
}

function refuse(template: string, why: string): never {
  throw invalidParams(`Template ${JSON.stringify(template)}: ${why}`);
}

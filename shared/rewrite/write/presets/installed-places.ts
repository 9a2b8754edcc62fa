import type { Variable } from '../../../presets/environment.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { envOf, textOf } from './own-settings.ts';
import type { Left } from './usual-places.ts';

/** A variable that leads to what a tool has installed, and not only to what it has downloaded. */
interface Installed {
  readonly variable: string;
  /** Words that install into it. */
  readonly installs: RegExp;
  /** Words that take from it what was installed. */
  readonly uses: RegExp;
  /** What is installed somewhere else, as another task needs it there. */
  readonly elsewhere?: RegExp;
  /** Programs are otherwise on the PATH, where nobody has to ask the tool for them. */
  readonly programs: boolean;
}

const INSTALLED: readonly Installed[] = [
  {
    variable: 'BUNDLE_PATH',
    installs: /\bbundle(?: (?:install|update|check)\b|$)/m,
    uses: /\bbundle exec\b|\bbin\//,
    elsewhere: /\bvendor\/bundle\b|--deployment\b|--standalone\b|\bdeployment true\b|\bBUNDLE_DEPLOYMENT\b/,
    programs: true,
  },
  {
    variable: 'POETRY_CACHE_DIR',
    installs: /\bpoetry (?:install|sync|add|update)\b/,
    uses: /\bpoetry (?:run|shell|env)\b/,
    programs: false,
  },
];

/**
 * The variables that would take from a Task what it has installed already: in its image, on the PATH, or in the sources for the next task.
 *
 * @param guessed nobody named the preset, so that a Task that says nothing about the tool is not one to try it on
 */
export function installedPlaces(spec: TaskSpec, variables: readonly Variable[], guessed: boolean): Left[] {
  const parts = [spec.stepTemplate, ...(spec.steps ?? [])];
  const names = parts.flatMap((part) => envOf(part).flatMap(({ name }) => (typeof name === 'string' ? [name] : [])));
  const text = [...(spec.steps ?? []).map(textOf), ...names].join('\n');
  return INSTALLED.flatMap((place) => {
    const { variable } = place;
    if (!variables.some(({ name }) => name === variable)) return [];
    const why = whyNot(place, text, guessed);
    return why === undefined ? [] : [{ variable, ...(why === '' ? {} : { note: noteOf(variable, why) }) }];
  });
}

/** Empty where there is nothing to tell. */
function whyNot(
  { installs, uses, elsewhere, programs }: Installed,
  text: string,
  guessed: boolean,
): string | undefined {
  const [does, takes] = [installs.test(text), uses.test(text)];
  if (elsewhere?.test(text) === true) return 'has its packages where another task may look for them';
  if (takes && !does) return 'takes packages that it does not install';
  if (does && !takes && programs) return 'installs packages whose programs it may look for on the PATH';
  return programs && guessed && !does ? '' : undefined;
}

function noteOf(variable: string, why: string): string {
  return `The Task ${why}: ${variable} is left out, and what the tool installs is not cached. Install and use it in one Task, by the tool itself, to have it cached.`;
}

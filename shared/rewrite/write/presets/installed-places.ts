import type { Variable } from '../../../presets/environment.ts';
import type { TaskSpec } from '../../tekton/tekton.ts';
import { startWithout } from './dropped-variables.ts';
import { envOf, textOf } from './own-settings.ts';
import { binariesIn, runsOwn } from './own-programs.ts';
import { BARE, callsIn, commandsOf } from './tool-calls.ts';
import type { Command } from './tool-calls.ts';
import type { Left } from './usual-places.ts';

/** A variable that leads to what a tool has installed, and not only to what it has downloaded. */
interface Installed {
  readonly variable: string;
  readonly programs: readonly string[];
  /** Verbs that install into it. */
  readonly installs: readonly string[];
  /** Verbs that take from it what was installed. */
  readonly uses: readonly string[];
  /** Programs in the `bin` of a project that do the one or the other. */
  readonly scripts?: { readonly install: RegExp; readonly use: RegExp };
  /** What is installed somewhere else, as another task needs it there. */
  readonly elsewhere?: RegExp;
  /** Programs are otherwise on the PATH, where nobody has to ask the tool for them. */
  readonly onPath: boolean;
}

const INSTALLED: readonly Installed[] = [
  {
    variable: 'BUNDLE_PATH',
    programs: ['bundle', 'bundler'],
    installs: [BARE, 'install', 'i', 'update', 'add'],
    uses: ['exec', 'exe', 'ex', 'e'],
    // `bin/setup` of Rails installs; the others are programs of gems.
    scripts: { install: /^bin\/setup$/, use: /^bin\/(?!setup$|bundle$)/ },
    elsewhere: /\bvendor\/bundle\b|--deployment\b|--standalone\b|\bdeployment true\b|\bBUNDLE_DEPLOYMENT\b/,
    onPath: true,
  },
  {
    variable: 'POETRY_CACHE_DIR',
    programs: ['poetry'],
    installs: ['install', 'sync', 'add', 'update'],
    uses: ['run', 'shell', 'env'],
    onPath: false,
  },
];

/** What asks for the preset in a Task. */
export interface Wanted {
  /** True where nobody named the preset (`auto`): a Task that says nothing about the tool is left alone. */
  readonly guessed: boolean;
  /** The user named the task: a script of its own, which nobody sees, may well install. */
  readonly named: boolean;
}

/** The variables that would take from a Task what it has installed already: in its image, on the PATH, or in the sources for the next task. */
export function installedPlaces(spec: TaskSpec, variables: readonly Variable[], wanted: Wanted): Left[] {
  const parts = [spec.stepTemplate, ...(spec.steps ?? [])];
  const names = parts.flatMap((part) => envOf(part).flatMap(({ name }) => (typeof name === 'string' ? [name] : [])));
  const text = [...(spec.steps ?? []).map(textOf), ...names].join('\n');
  const commands = commandsOf(text);
  return INSTALLED.flatMap((place) => {
    const { variable } = place;
    if (!variables.some(({ name }) => name === variable)) return [];
    const why = whyNot(place, text, commands, wanted);
    return why === undefined ? [] : [{ variable, ...(why === '' ? {} : { note: noteOf(variable, why) }) }];
  });
}

/** Empty where there is nothing to tell. */
function whyNot(place: Installed, text: string, commands: readonly Command[], wanted: Wanted): string | undefined {
  const { variable, programs, installs, uses, scripts, elsewhere, onPath } = place;
  const { guessed, named } = wanted;
  const callsOf = (command: Command): string[] => callsIn(command, { programs, verbs: [...installs, ...uses] });
  const calls = commands.flatMap(callsOf);
  const binaries = commands.flatMap(binariesIn);
  const says = (verbs: readonly string[], script: RegExp | undefined): boolean =>
    calls.some((call) => verbs.includes(call)) || binaries.some((binary) => script?.test(binary) === true);
  const [does, takes] = [says(installs, scripts?.install), says(uses, scripts?.use)];
  const mayInstall =
    named && !guessed && commands.some((one) => runsOwn(one) && callsOf(one).length === 0 && !isUse(one, scripts?.use));
  const tell = (why: string): string => (guessed && calls.length === 0 ? '' : why);
  if (elsewhere?.test(text) === true) return tell('has its packages where another task may look for them');
  const isLost = commands.some(
    (one) =>
      (callsOf(one).length > 0 || (scripts !== undefined && binariesIn(one).length > 0)) &&
      startWithout(one, variable) !== undefined,
  );
  if (takes && !does && !mayInstall) return tell('takes packages that it does not install');
  if (isLost) return tell('starts the tool by a program that drops its variables');
  if (does && !takes && onPath) return tell('installs packages whose programs it may look for on the PATH');
  return onPath && guessed && !does ? '' : undefined;
}

function isUse(command: Command, script: RegExp | undefined): boolean {
  return binariesIn(command).some((binary) => script?.test(binary) === true);
}

function noteOf(variable: string, why: string): string {
  return `The Task ${why}: ${variable} is left out, and what the tool installs is not cached. Install and use it in one Task, by the tool itself, to have it cached.`;
}

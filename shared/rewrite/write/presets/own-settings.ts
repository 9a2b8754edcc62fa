import { isSameVariable } from '../../../presets/environment.ts';
import type { Variable } from '../../../presets/environment.ts';
import { objects, strings } from '../../json/json.ts';
import type { JsonObject } from '../../json/json.ts';
import { stepName } from '../../tekton/step-name.ts';
import type { Step, TaskSpec } from '../../tekton/tekton.ts';
import { assignmentsIn } from './assignments.ts';
import type { Assignment } from './assignments.ts';
import { droppedVariables } from './dropped-variables.ts';

interface Flags {
  /** The variable that they beat. */
  readonly variable: string;
  /** What comes before them in the same line, where other tools have flags of that name. */
  readonly tool: string;
  readonly flags: readonly string[];
}

const ANY = '';

/** Flags and settings that beat the variables of a preset, or turn the tool's cache off. What most tools have in files of their own (`npm config set cache`) does not. */
const FLAGS: readonly Flags[] = [
  { variable: 'MAVEN_OPTS', tool: ANY, flags: ['-Dmaven.repo.local='] },
  { variable: 'SBT_OPTS', tool: ANY, flags: ['-Dsbt.boot.directory=', '-Dsbt.ivy.home='] },
  { variable: 'GRADLE_USER_HOME', tool: ANY, flags: ['--gradle-user-home', '-Dgradle.user.home='] },
  { variable: 'GRADLE_USER_HOME', tool: 'gradle', flags: [' -g '] },
  { variable: 'npm_config_cache', tool: 'npm', flags: [' --cache ', ' --cache='] },
  { variable: 'npm_config_store_dir', tool: ANY, flags: ['--store-dir'] },
  { variable: 'npm_config_cache_folder', tool: ANY, flags: ['--cache-folder', 'yarn config set cache-folder '] },
  { variable: 'PIP_CACHE_DIR', tool: 'pip', flags: ['--cache-dir', '--no-cache-dir', '--isolated'] },
  { variable: 'UV_CACHE_DIR', tool: 'uv ', flags: ['--cache-dir', '--no-cache'] },
  { variable: 'COMPOSER_CACHE_DIR', tool: 'composer ', flags: [' cache-files-dir ', '--no-cache'] },
  { variable: 'BUNDLE_PATH', tool: 'bundle ', flags: [' path ', ' --path'] },
  { variable: 'NUGET_PACKAGES', tool: 'restore ', flags: ['--packages '] },
  { variable: 'HELM_CONTENT_CACHE', tool: ANY, flags: ['--content-cache'] },
];

/** Go reads them behind its variables. */
const GO_SETTINGS = /\bgo env -w [^\n;&|]{0,512}/g;

interface Rival {
  /** The variable of a preset, and what turns its cache off or moves it. */
  readonly variable: string;
  readonly rival: string;
  readonly does: string;
  /** Values with which it does not. */
  readonly unless?: RegExp;
}

const NOTHING = 'with which the tool keeps nothing that could be cached';

/** Other variables of a tool, and what they do to the cache of a preset. */
const RIVALS: readonly Rival[] = [
  // With `0` and `false` pip turns its cache off as well.
  { variable: 'PIP_CACHE_DIR', rival: 'PIP_NO_CACHE_DIR', does: NOTHING, unless: /^$/ },
  { variable: 'UV_CACHE_DIR', rival: 'UV_NO_CACHE', does: NOTHING, unless: /^(?:|0|f|false|n|no|off)$/i },
  { variable: 'CCACHE_DIR', rival: 'CCACHE_DISABLE', does: NOTHING },
  {
    variable: 'npm_config_cache_folder',
    rival: 'YARN_CACHE_FOLDER',
    does: 'and what Yarn 1 keeps there is not cached',
    unless: /^$/,
  },
];

/** Notes on what a Task says for itself in scripts, arguments, variables and the defaults of its params, as far as it is written out. */
export function settingNotes({ steps = [], stepTemplate, params }: TaskSpec, variables: readonly Variable[]): string[] {
  const defaults = objects(params).map((param) => param['default'] ?? '');
  return [
    ...notesOn('The Task', [...strings(defaults)].join('\n'), [], variables),
    ...notesOn('The stepTemplate', valuesOf(stepTemplate), entriesOf(stepTemplate), variables),
    ...steps.flatMap((step, at) => {
      const who = `Step \`${stepName(step, at)}\``;
      const text = textOf(step).replaceAll(GO_SETTINGS, '');
      const assigned = assignmentsIn(text).filter((one) => !isItself(one));
      const set = variables.filter(({ name }) => assigned.some((one) => isSameVariable(name, one.name)));
      return [
        ...set.map(({ name }) => own(`The script of ${who.replace('Step', 'step')}`, name)),
        ...notesOn(who, `${text}\n${valuesOf(step)}`, entriesOf(step), variables),
        ...lostOnTheWay(who, text, variables),
      ];
    }),
  ];
}

function lostOnTheWay(who: string, text: string, variables: readonly Variable[]): string[] {
  const dropped = droppedVariables(
    text,
    variables.map(({ name }) => name),
  );
  const notes = dropped.map(
    ({ variable, tool, starter, instead }) =>
      `${who} starts \`${tool}\` by \`${starter}\`, which drops ${variable}: what it keeps is not cached. Use ${instead}, or hand the variable on.`,
  );
  return [...new Set(notes)];
}

/** Whether an assignment changes nothing, as in `echo "GOCACHE=$GOCACHE"` or `export GOCACHE=$GOCACHE`. */
function isItself({ name, value }: Assignment): boolean {
  return value === `$${name}` || value === `\${${name}}`;
}

export function own(who: string, name: string): string {
  return `${who} sets ${name} itself: what it keeps there is not cached. Leave the variable out to have it cached.`;
}

/** All that a step runs, a command with its arguments in one line; without the lines that are comments, of which `#!/bin/sh` is one. */
export function textOf({ script = '', command = [], args = [] }: Step): string {
  const words = [...strings([command, args])].map(withoutComments).join(' ');
  return `${[...strings(script)].map(withoutComments).join('')}\n${words}`.replaceAll('\\\n', ' ');
}

/** Each comment leaves an empty line: what is continued ends there. */
function withoutComments(text: string): string {
  return text.replaceAll(/^[ \t]*#.*/gm, '');
}

export function envOf(part: JsonObject | undefined): JsonObject[] {
  return objects(part?.['env']);
}

/** Is it the entry of `env` for that variable? */
export function isFor({ name }: JsonObject, variable: string): boolean {
  return typeof name === 'string' && isSameVariable(variable, name);
}

function notesOn(who: string, text: string, env: readonly Assignment[], variables: readonly Variable[]): string[] {
  const has = (name: string): boolean => variables.some((variable) => variable.name === name);
  const given = [...env, ...assignmentsIn(text)];
  const rivals = RIVALS.filter(
    ({ variable, rival, unless }) =>
      has(variable) && given.some(({ name, value }) => isSameVariable(rival, name) && unless?.test(value) !== true),
  );
  const lines = text.split('\n');
  const says = (tool: string, flag: string): boolean =>
    lines.some((line) => line.includes(tool) && line.slice(line.indexOf(tool)).includes(flag));
  return [
    ...FLAGS.filter(({ variable }) => has(variable)).flatMap(({ variable, tool, flags }) =>
      flags
        .filter((flag) => says(tool, flag))
        .map((flag) => `${who} says \`${flag.trim()}\`, which beats ${variable}: what it keeps there is not cached.`),
    ),
    ...rivals.map(({ rival, does }) => `${who} sets ${rival}, ${does}.`),
  ];
}

function valuesOf(part: JsonObject | undefined): string {
  return envOf(part)
    .flatMap(({ value }) => (typeof value === 'string' ? [value] : []))
    .join('\n');
}

/** One that is not written out counts as set to something. */
function entriesOf(part: JsonObject | undefined): Assignment[] {
  return envOf(part).flatMap(({ name, value, valueFrom }) => {
    if (typeof name !== 'string') return [];
    if (valueFrom !== undefined) return [{ name, value: name }];
    return [{ name, value: typeof value === 'string' ? value : '' }];
  });
}

/**
 * The one table of params. Validation, the options of the command line and the reference page come from it.
 *
 * A name never changes, as it is written in users' Pipelines.
 */
import { MODES, VERBS } from './mode.ts';
import type { Verb } from './mode.ts';

export type { Mode, Verb } from './mode.ts';

/** Where a param may be given. */
export type Surface = 'customrun' | 'step' | 'cli' | 'resolver';

export type ParamType = 'string' | 'list' | 'boolean' | 'enum' | 'duration' | 'bytes';

export interface ParamRow {
  readonly name: string;
  readonly verbs: readonly Verb[];
  readonly surfaces: readonly Surface[];
  readonly type: ParamType;
  /** The allowed values of an `enum`. */
  readonly values?: readonly string[];
  /** The default as users read it; the value itself where there is one. */
  readonly default?: string;
  readonly meaning: string;
}

const EVERYWHERE = ['customrun', 'step', 'cli', 'resolver'] as const;

export const PARAMS = [
  {
    name: 'target',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'string',
    meaning: 'image reference of the entry, a template; required unless the configuration has a default',
  },
  {
    name: 'files',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'list',
    meaning: 'globs below `source` of the files to hash; required without `hash` when a template uses `{{hash}}`',
  },
  {
    name: 'hash',
    verbs: VERBS,
    surfaces: ['customrun', 'step', 'cli'],
    type: 'string',
    meaning: 'use this for `{{hash}}`; an upload takes the result `hash` of the fetch',
  },
  {
    name: 'preset',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'string',
    meaning:
      'what is known about a tool (`go`, `npm`, `go,npm`, or `auto`: by the files of `source`): `files`, directories, `exclude`, the tag of `target`, fallbacks and aliases, where you do not give them; in resolvers also `TASK=go,OTHER=npm`, and no `workspaces` are needed; see docs/presets.md',
  },
  {
    name: 'branch',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'string',
    meaning: 'the branch that is built: `{{branch}}`, which presets name build state by',
  },
  {
    name: 'default-branch',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'string',
    default: 'main',
    meaning: 'the branch whose build state is the fallback for other branches',
  },
  {
    name: 'image',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'string',
    meaning: 'the image of the steps that build: `{{image}}`, which presets put into the key of what holds native code',
  },
  {
    name: 'paths',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'list',
    meaning:
      'globs of what is cached in the workspace; the whole workspace when absent; required when only `source` is bound. In resolvers `WORKSPACE/PATH` where several workspaces are cached, and required for one with the `files`. Nothing in them counts into `{{hash}}`',
  },
  {
    name: 'exclude',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'list',
    meaning: 'globs of what is never stored and never touched',
  },
  {
    name: 'fallbacks',
    verbs: ['fetch'],
    surfaces: EVERYWHERE,
    type: 'list',
    meaning: 'targets tried in order after a miss',
  },
  {
    name: 'aliases',
    verbs: ['upload'],
    surfaces: EVERYWHERE,
    type: 'list',
    meaning: 'further tags to point at the entry; they move',
  },
  {
    name: 'mode',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'enum',
    values: MODES,
    default: 'pull-push',
    meaning:
      'what is allowed: a fetch does nothing under `push`, an upload nothing under `pull`, neither anything under `off`',
  },
  {
    name: 'upload-on',
    verbs: ['upload'],
    surfaces: ['resolver'],
    type: 'enum',
    values: ['success', 'always'],
    default: 'success',
    meaning: 'upload only after a good build, or always (PVC workspaces only: a step after a failed step never runs)',
  },
  {
    name: 'on-miss',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'enum',
    values: ['continue', 'fail'],
    default: 'continue',
    meaning: 'what a miss does to the run',
  },
  {
    name: 'on-error',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'enum',
    values: ['continue', 'fail'],
    default: 'continue',
    meaning: 'what an error (outage, bad image, unreadable file, deadline) does to the run',
  },
  {
    name: 'verify',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'enum',
    values: ['require', 'warn', 'off'],
    default: 'off',
    meaning:
      'whether an entry needs a signed statement of who wrote it: without one it is a miss (`unverified`) and nothing is built upon it, or there is a line in the log, or neither. The stricter of this and the configuration counts; see docs/provenance.md',
  },
  {
    name: 'clean',
    verbs: ['fetch'],
    surfaces: EVERYWHERE,
    type: 'boolean',
    default: 'false',
    meaning: 'remove what the entry does not have',
  },
  {
    name: 'force',
    verbs: ['upload'],
    surfaces: EVERYWHERE,
    type: 'boolean',
    default: 'false',
    meaning: 'send everything, although nothing changed and whatever the registry says that it has',
  },
  {
    name: 'on-change',
    verbs: ['upload'],
    surfaces: EVERYWHERE,
    type: 'enum',
    values: ['fail', 'leave-out'],
    default: 'fail',
    meaning:
      'what a file does that changes each time it is read: there is no entry, with `reason=unreadable`, or an entry without the file. Exclude such files where they are known',
  },
  {
    name: 'max-size',
    verbs: ['upload'],
    surfaces: ['customrun', 'step', 'cli'],
    type: 'bytes',
    meaning:
      'bytes of content that a cache may have: before the upload the files that were used longest ago are removed from the directory. Presets say it for build state whose tool copes with that; for other caches only you can',
  },
  {
    name: 'max-time',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'duration',
    meaning:
      'the helper gives up by itself after this long, with `reason=deadline`; 5m in steps (what a resolver puts into a Task with a short `timeout` has a quarter of that), beside a wait for the garbage collection of the registry, the timeout of the run in CustomRuns',
  },
  {
    name: 'run-as',
    verbs: VERBS,
    surfaces: ['customrun'],
    type: 'string',
    meaning: '`uid[:gid[:fsGroup]]` of the helper pod',
  },
  {
    name: 'docker-config',
    verbs: VERBS,
    surfaces: ['step', 'cli'],
    type: 'string',
    meaning: 'a directory with a docker `config.json`',
  },
  {
    name: 'insecure',
    verbs: VERBS,
    surfaces: EVERYWHERE,
    type: 'boolean',
    default: 'false',
    meaning:
      'plain HTTP or unverified TLS for this registry; in CustomRuns and resolvers only where the configuration allows the registry',
  },
] as const satisfies readonly ParamRow[];

export type ParamName = (typeof PARAMS)[number]['name'];

import type { Verb } from '../../interface/params.ts';
import { SOURCE } from '../../request/request.ts';
import type { CaBundle } from './parts/ca-bundle.ts';
import type { CredentialVolume } from '../plan/identity/credentials.ts';
import { compact } from '../json/json.ts';
import type { JsonObject } from '../json/json.ts';
import { TASK_RUN } from '../plan/plan.ts';
import { CACHES_ROOT } from '../plan/presets/preset-plan.ts';
import { programCommand } from '../../request/protocol.ts';
import type { InstallationSettings } from '../../request/protocol.ts';
import type { StepSettings } from '../plan/tasks/step-settings.ts';
import type { CachePlan, StepOptions, TaskPlan, Transfer } from '../plan/plan.ts';
import type { Mount } from './parts/mount.ts';
import type { RegistryTokenVolume } from './parts/registry-token.ts';
import type { Step } from '../tekton/tekton.ts';

export interface StepInput {
  readonly verb: Verb;
  readonly name: string;
  /** The results that the step declares, which Tekton keeps. */
  readonly results: readonly string[];
  readonly plan: TaskPlan;
  readonly settings: StepSettings;
  readonly mounts: ReadonlyMap<string, Mount>;
  /** The mounts of volumes of the Task which hold caches. */
  readonly volumeMounts?: readonly JsonObject[];
  readonly bundle?: CaBundle | undefined;
  readonly credentials?: CredentialVolume | undefined;
  readonly token?: RegistryTokenVolume | undefined;
  readonly securityContext?: JsonObject;
  /** The name of the fetch step whose hash an upload takes. */
  readonly hashFrom?: string;
  /** Notes for the log of the step. */
  readonly notes?: readonly string[];
  /** Tekton's `when`. */
  readonly when?: readonly JsonObject[];
}

/** Started as in an image without a shell; a StepAction is started in the same way. */
export const HELPER_PROGRAM = '/app/shared/cli/tekton-cache.js';

/** In the emptyDir of the caches of presets. Their fetches and uploads have a hash for each cache, which no result has room for. */
const HASHES = `${CACHES_ROOT}/hashes.json`;

export function cacheStep(input: StepInput): Step {
  const { verb, name, plan, settings, mounts, securityContext } = input;
  const { options, strict } = plan[verb] ?? { options: {}, strict: false };
  const moved = plan.caches.filter((cache) => cache[verb] !== undefined);
  const reads = options['files'] !== undefined || options['preset'] !== undefined;
  const hashed = plan.source !== undefined && reads ? plan.source : undefined;
  const used = unique([...moved.map(({ workspace }) => workspace), ...(hashed === undefined ? [] : [hashed])]);
  const usedMounts = used.flatMap((workspace) => mounts.get(workspace) ?? []);
  return compact({
    name,
    when: input.when,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    command: programCommand(HELPER_PROGRAM, input.bundle?.variables),
    args: [
      verb,
      ...optionArgs(options),
      ...(plan.preset === undefined ? [] : ['--hashes', HASHES]),
      ...(input.hashFrom === undefined ? [] : ['--hash', `$(steps.${input.hashFrom}.results.hash)`]),
      ...(hashed === undefined ? [] : ['--workspace', `${SOURCE}=${mounts.get(hashed)?.dir ?? ''}`]),
      ...settingsArgs(input, options),
      ...moved.flatMap((cache) => cacheArgs(cache, cache[verb] ?? {}, mounts)),
      ...(input.notes ?? []).flatMap((note) => ['--note', literal(note)]),
      '--results-dir',
      RESULTS_DIR,
    ],
    // The stepTemplate may have another one for its own steps.
    env: [{ name: 'HOME', value: '/tmp' }],
    workingDir: '/',
    results: input.results.map((result) => ({ name: result })),
    computeResources: settings.resources,
    securityContext,
    workspaces: usedMounts.flatMap(({ usage }) => (usage === undefined ? [] : [usage])),
    volumeMounts: [
      ...usedMounts.flatMap(({ volumeMount }) => (volumeMount === undefined ? [] : [volumeMount])),
      ...(input.volumeMounts ?? []),
      ...[input.credentials, input.token, input.bundle]
        .filter((mounted) => mounted !== undefined)
        .map(({ mount }) => mount),
    ],
    onError: strict ? undefined : 'continue',
  });
}

/** The directory of the step's results; Tekton has a variable for each result, none for their directory. */
export const RESULTS_DIR = '$(step.results.reason.path)/..';

/** An item of a list is one argument, which is never split: what came from the value of a param stays within its item. */
function optionArgs(options: StepOptions): string[] {
  return Object.entries(options).flatMap(([name, value]) =>
    typeof value === 'string'
      ? [`--${name}`, literal(value)]
      : value.flatMap((item) => ['--item', literal(`${name}=${item}`)]),
  );
}

/** Options that the installation sets, and no user can. */
function settingsArgs({ settings, credentials, token }: StepInput, options: StepOptions): string[] {
  const { limits, compression, insecureRegistries, verify } = settings;
  const basicAuths = credentials?.basicAuths ?? [];
  const given: InstallationSettings = {
    ...(limits === undefined ? {} : { limits }),
    ...(compression === undefined ? {} : { compression }),
    ...(insecureRegistries === undefined || options['insecure'] === undefined ? {} : { insecureRegistries }),
    ...(basicAuths.length === 0 ? {} : { basicAuths }),
    ...(token === undefined ? {} : { registryToken: token.registryToken }),
    ...(verify === undefined ? {} : { verify }),
  };
  return Object.keys(given).length === 0 ? [] : ['--settings', literal(JSON.stringify(given))];
}

/** Takes the place of the directory, whose variable must stay as it is. */
const DIR = '{{dir}}';

/** `--workspace NAME=DIR`; with the whole of it as JSON where that cannot say it. */
function cacheArgs(cache: CachePlan, transfer: Transfer, mounts: ReadonlyMap<string, Mount>): string[] {
  const dir = mounts.get(cache.workspace)?.dir ?? '';
  const { paths } = cache;
  const plain = Object.keys(transfer).length === 0 && paths === undefined && cache.name !== SOURCE;
  if (plain) return ['--workspace', `${cache.name}=${dir}`];
  const text = literal(JSON.stringify({ name: cache.name, dir: DIR, paths, ...transfer }));
  return ['--cache', text.replace(DIR, () => dir)];
}

/** Kubernetes replaces `$(NAME)` and `$$` in arguments. What came through the params has no `$(`, so `$$` is what is left. */
function literal(text: string): string {
  return text.replaceAll('$$', '$$$$$$$$').replaceAll(TASK_RUN, '$(context.taskRun.name)');
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}

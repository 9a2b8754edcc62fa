import { invalidParams } from '../../errors.ts';
import { STEP_NAMES } from '../../interface/injected-step.ts';
import { didYouMean } from '../../interface/text/nearest.ts';
import { caBundle } from './parts/ca-bundle.ts';
import { credentialVolume, DEFAULT_ACCOUNT } from '../plan/identity/credentials.ts';
import { freeName } from '../tekton/free-name.ts';
import { securityContext } from '../plan/identity/identity.ts';
import { compact } from '../json/json.ts';
import type { JsonObject } from '../json/json.ts';
import { mountDirectory } from './parts/directory-mount.ts';
import { mountWorkspace } from './parts/mount.ts';
import type { Mount } from './parts/mount.ts';
import { isDirectory } from '../ask/source-workspace.ts';
import type { TaskPlan } from '../plan/plan.ts';
import { FETCH_AFTER_ANNOTATION, isSkipped } from '../plan/task-annotations.ts';
import { registryTokenVolume } from './parts/registry-token.ts';
import { mergeWorkspaces } from './parts/renamed-workspace.ts';
import { injectedResults } from './parts/results-room.ts';
import { stepResources } from './parts/step-resources.ts';
import { cacheStep } from './step.ts';
import type { StepInput } from './step.ts';
import type { StepSettings } from '../plan/tasks/step-settings.ts';
import { placeAfter, stepName } from '../tekton/step-name.ts';
import type { Metadata, Step, TaskSpec } from '../tekton/tekton.ts';

export interface TaskRewrite {
  readonly spec: TaskSpec;
  readonly metadata: Metadata;
  readonly plan: TaskPlan;
  readonly settings: StepSettings;
  /** Notes for the log of the fetch. */
  readonly notes?: readonly string[];
  /** The mounts of volumes of the Task which hold caches. */
  readonly mounts?: readonly JsonObject[];
  /** Fetches behind further steps, each where the one before has found no sources. */
  readonly retries?: number;
}

/** The Task with a step that fetches and one that uploads; nothing else of it changes. */
export function rewriteTask(input: TaskRewrite): TaskSpec {
  const { spec: given, metadata, plan, notes = [], retries = 0 } = input;
  // A second binding of a workspace is gone from the Pipeline already.
  if (isSkipped(metadata)) return mergeWorkspaces(given, plan.renamed ?? {});
  const fetches = plan.caches.some(({ fetch }) => fetch !== undefined);
  const uploads = plan.caches.some(({ upload }) => upload !== undefined);
  if (!fetches && !uploads) return given;

  const spec = mergeWorkspaces(given, plan.renamed ?? {});
  const steps = spec.steps ?? [];
  const names = steps.flatMap(({ name }) => name ?? []);
  const fetchName = freeName(STEP_NAMES.fetch, names);
  const uploadName = freeName(STEP_NAMES.upload, names);
  const common = commonOf(spec, input);
  const volumes = [common.credentials, common.token, common.bundle]
    .filter((mounted) => mounted !== undefined)
    .map(({ volume }) => volume);
  const fetch = {
    ...common,
    verb: 'fetch',
    name: fetchName,
    results: injectedResults('fetch', fetchName, spec),
  } as const;
  const upload = {
    ...common,
    verb: 'upload',
    name: uploadName,
    results: injectedResults('upload', uploadName, spec),
    ...(fetches && plan.hashFromFetch ? { hashFrom: fetchName } : {}),
  } as const;

  const place = fetches ? fetchPlace(steps, plan.fetchAfter ?? metadata.annotations?.[FETCH_AFTER_ANNOTATION]) : 0;
  const named = fetches ? steps.map((step, at) => (at < place ? step : nameStep(step, at))) : steps;
  const again = place + retries;
  return {
    ...spec,
    ...(volumes.length === 0 ? {} : { volumes: [...(spec.volumes ?? []), ...volumes] }),
    steps: [
      ...named.slice(0, place),
      ...(fetches ? [cacheStep({ ...fetch, notes })] : []),
      ...named.slice(place, again).flatMap((step, at) => [step, cacheStep(retryOf(fetch, names, at))]),
      ...named.slice(again),
      ...(uploads ? [cacheStep(upload)] : []),
    ],
  };
}

/** What both steps have. */
function commonOf(spec: TaskSpec, { plan, settings, mounts = [] }: TaskRewrite) {
  const context = securityContext({
    spec,
    workspaces: plan.caches.map(({ workspace }) => workspace),
    ofTools: plan.preset !== undefined,
    user: plan.user,
    fallback: settings.securityContext,
    required: settings.requiredContext,
  });
  return {
    plan,
    settings: { ...settings, resources: stepResources(settings.resources, spec.stepTemplate) },
    mounts: mountAll(spec, plan),
    volumeMounts: mounts,
    credentials: credentialVolume(spec, secretsOf(settings, plan)),
    token: registryTokenVolume(spec, plan, settings.registryToken),
    bundle: caBundle(spec, settings.caBundle),
    ...(context === undefined ? {} : { securityContext: context }),
  };
}

/** Reasons of a fetch that came before the sources: no files to hash, no file of a preset, or no directory. */
const TOO_EARLY = ['no-files', 'no-preset', 'invalid-params'];

/** A fetch that Tekton passes over unless the one before it was too early; one that was passed over has no reason. */
function retryOf(fetch: StepInput, taken: readonly string[], at: number): StepInput {
  const named: string[] = [fetch.name];
  while (named.length < at + 2) named.push(freeName(STEP_NAMES.fetch, [...taken, ...named]));
  const input = `$(steps.${named[at] ?? ''}.results.reason)`;
  return { ...fetch, name: named[at + 1] ?? '', when: [{ input, operator: 'in', values: TOO_EARLY }] };
}

/** A plan comes back as a param: the account in it is one of the run's, or has nothing here. */
function secretsOf({ dockerSecrets = {} }: StepSettings, { account = DEFAULT_ACCOUNT }: TaskPlan) {
  return Object.hasOwn(dockerSecrets, account) ? (dockerSecrets[account] ?? []) : [];
}

function mountAll(spec: TaskSpec, plan: TaskPlan): Map<string, Mount> {
  const mounts = new Map<string, Mount>();
  const { source, sourceRoot } = plan;
  if (source !== undefined && isDirectory(source)) {
    mounts.set(source, mountDirectory(spec, source));
  } else if (source !== undefined) {
    const whole = sourceRoot === undefined ? {} : { root: sourceRoot };
    mounts.set(source, mountWorkspace({ spec, workspace: source, writable: false, ...whole }));
  }
  for (const { workspace, root, subPath, fetch } of plan.caches) {
    if (isDirectory(workspace)) {
      mounts.set(workspace, mountDirectory(spec, workspace));
      continue;
    }
    const place = { ...(root === undefined ? {} : { root }), ...(subPath === undefined ? {} : { subPath }) };
    mounts.set(workspace, mountWorkspace({ spec, workspace, writable: fetch !== undefined, ...place }));
  }
  return mounts;
}

/** How many steps come before the fetch. */
function fetchPlace(steps: readonly Step[], after: string | undefined): number {
  if (after === undefined || after === '') return 0;
  const place = placeAfter(steps, after);
  if (place !== undefined) return place;
  throw invalidParams(`There is no step \`${after}\` to fetch after; ${didYouMean(after, steps.map(stepName))}`);
}

/** Tekton numbers unnamed steps by their places, which ours would shift, and `stepSpecs` and results go by these names. */
function nameStep(step: Step, at: number): Step {
  const name = stepName(step, at);
  return step.name === name ? step : { ...step, name };
}

/** A Task of ours that has no step but ours: it writes the end state of a run. */
export function emptyTask(workspaces: readonly string[]): TaskSpec {
  return compact({ workspaces: workspaces.map((name) => ({ name })) });
}

import { invalidParams } from '../../../errors.ts';
import { MODE_ANNOTATION, narrowMode, VERBS } from '../../../interface/mode.ts';
import type { Verb } from '../../../interface/params.ts';
import { environmentOf, isSameVariable } from '../../../presets/environment.ts';
import { knownParams } from '../../../request/read-params.ts';
import { parseRequest } from '../../../request/request.ts';
import { maxTimeOption } from '../../../request/step-max-time.ts';
import { defaultTargetFor } from '../../../request/default-target.ts';
import { expandIfGood, expandPartly, repositoryOfTemplate } from '../../../request/template.ts';
import type { TemplateValues } from '../../../request/template.ts';
import type { ResolverOptions } from '../../ask/resolver-params.ts';
import type { Run } from '../../tekton/tekton.ts';
import { accountOf, DEFAULT_ACCOUNT } from '../identity/credentials.ts';
import { podSystem, podUser, podVariables } from '../identity/pod-template.ts';
import type { PresetPlan, StepOptions, StepPlan, TaskPlan } from '../plan.ts';
import type { RewriteSettings } from '../tasks/pipeline-context.ts';
import { presetsOf } from './auto-presets.ts';
import { stepToFetchAfter } from '../tasks/task-plan.ts';

/**
 * The caches of presets are directories in here: an emptyDir that Tekton mounts into every step, and where no build looks for files.
 *
 * https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/pod/pod.go (implicitVolumeMounts)
 */
export const CACHES_ROOT = '/tekton/home/.caches';

interface PresetPlanInput {
  readonly options: ResolverOptions;
  readonly run: Run;
  readonly settings: RewriteSettings;
  /** The Pipeline's name, where there is one. */
  readonly pipeline?: string;
  /** The pipeline task; '' where that is not known. */
  readonly task: string;
  readonly preset: PresetPlan;
  /** The Task's workspace with the sources, or a directory. */
  readonly source: string;
  /** When Tekton ends the Task. */
  readonly timeoutMs: number;
}

/** What goes into one Task. Throws InvalidParams, with the sentence that the helper would have. */
export function planPreset(input: PresetPlanInput): TaskPlan {
  const { options, run, task, preset, source } = input;
  refuseOthers(options);
  const values = valuesOf(input);
  const target = targetOf(input);
  for (const verb of VERBS) check(verb, input, target, values);
  const strict = options.shared['on-miss'] === 'fail' || options.shared['on-error'] === 'fail';
  const step = (verb: Verb): StepPlan => ({ options: stepOptions(verb, input, target, values), strict });
  const fetchAfter = stepToFetchAfter(options.fetchAfter, task);
  const user = podUser(run, task);
  const account = accountOf(run, task);
  const byPod = setByPod(input);
  return {
    version: 1,
    caches: [{ name: 'caches', workspace: CACHES_ROOT, fetch: {}, upload: {} }],
    source,
    fetch: step('fetch'),
    upload: step('upload'),
    hashFromFetch: false,
    preset: byPod.length === 0 ? preset : { ...preset, byPod },
    ...(fetchAfter === undefined ? {} : { fetchAfter }),
    ...(user === undefined ? {} : { user }),
    ...podSystem(run, task),
    ...(account === DEFAULT_ACCOUNT ? {} : { account }),
  };
}

/** Variables of the presets that the podTemplate sets to something else. */
function setByPod({ run, task, preset }: PresetPlanInput): string[] {
  const set = podVariables(run, task);
  const variables = environmentOf(presetsOf(preset.names), { root: CACHES_ROOT, source: '' });
  return variables.flatMap(({ name, value }) => {
    const [, given] = [...set].find(([other]) => isSameVariable(name, other)) ?? [undefined, value];
    return typeof given === 'string' && given.includes(value) ? [] : [name];
  });
}

function refuseOthers({ via, shared }: ResolverOptions): void {
  if ((shared.paths ?? []).length > 0) {
    throw invalidParams('`paths` with a `preset`: name the workspace that they are in, by `workspaces`.');
  }
  if (via === 'customrun') throw invalidParams('`preset` puts steps into Tasks; leave out `via: customrun`.');
  if (shared['upload-on'] === 'always') {
    throw invalidParams(
      '`preset` puts steps into Tasks, where a step after a failed one never runs: leave out `upload-on`.',
    );
  }
}

/** The configuration's target. A preset takes only its repository, because the tags of a preset tell its caches apart. */
function targetOf(input: PresetPlanInput): string {
  const { options, settings } = input;
  const configured = defaultTargetFor(settings.target ?? '', valuesOf(input), settings.registryToken?.registry);
  const target = options.shared.target ?? repositoryOfTemplate(configured);
  if (target !== '') return target;
  throw invalidParams('`target` is required: the repository to keep the caches in.');
}

function valuesOf({ run, pipeline, task }: PresetPlanInput): TemplateValues {
  const { namespace } = run.metadata;
  return {
    ...(namespace === undefined ? {} : { namespace }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(task === '' ? {} : { task }),
  };
}

function stepOptions(
  verb: Verb,
  { options, run, preset, timeoutMs }: PresetPlanInput,
  target: string,
  values: TemplateValues,
): StepOptions {
  const { shared } = options;
  const fetch = verb === 'fetch';
  const mode = narrowMode(shared.mode ?? 'pull-push', run.metadata.annotations?.[MODE_ANNOTATION]);
  const named = (templates: readonly string[] = []): string[] => templates.map((text) => expandIfGood(text, values));
  const given: Readonly<Record<string, string | readonly string[] | undefined>> = {
    target: expandPartly(target, values),
    preset: preset.names,
    branch: shared.branch,
    'default-branch': shared['default-branch'],
    image: shared.image,
    files: shared.files,
    fallbacks: fetch ? named(shared.fallbacks) : undefined,
    aliases: fetch ? undefined : named(shared.aliases),
    exclude: shared.exclude,
    mode: mode === 'pull-push' ? undefined : mode,
    'on-miss': shared['on-miss'],
    'on-error': shared['on-error'],
    'on-change': fetch ? undefined : shared['on-change'],
    verify: shared.verify,
    clean: fetch && shared.clean === true ? 'true' : undefined,
    force: !fetch && shared.force === true ? 'true' : undefined,
    'max-time': maxTimeOption(verb, {
      onMiss: shared['on-miss'],
      onError: shared['on-error'],
      givenMs: shared['max-time'],
      timeoutMs,
    }),
    insecure: shared.insecure === true ? 'true' : undefined,
  };
  const entries = Object.entries(given).flatMap(([name, value]) =>
    value === undefined || value.length === 0 ? [] : [[name, value] as const],
  );
  return Object.fromEntries(entries);
}

/** Everything that the helper would refuse is refused now. */
function check(
  verb: Verb,
  { options, settings, preset }: PresetPlanInput,
  target: string,
  variables: TemplateValues,
): void {
  const names = knownParams([verb], 'resolver').map(({ name }) => name);
  // Its value was turned into milliseconds when it was read.
  const given = Object.entries(options.shared).filter(([name]) => names.includes(name) && name !== 'max-time');
  const { insecureRegistries } = settings;
  parseRequest({
    verb,
    surface: 'resolver',
    params: { ...Object.fromEntries(given), target, preset: preset.names },
    source: '/source',
    caches: [{ name: 'caches', dir: CACHES_ROOT }],
    variables,
    dockerConfigs: [],
    ...(insecureRegistries === undefined ? {} : { insecureRegistries }),
  });
}

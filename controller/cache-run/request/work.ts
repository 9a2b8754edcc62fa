import { parseDuration } from '../../../shared/interface/text/duration.ts';
import { MODE_ANNOTATION } from '../../../shared/interface/mode.ts';
import type { Verb } from '../../../shared/interface/params.ts';
import { presetCacheNames } from '../../../shared/request/preset-caches.ts';
import { parseAsked, SOURCE } from '../../../shared/request/request.ts';
import type { RunAs } from '../../../shared/interface/run-as.ts';
import type { TemplateValues } from '../../../shared/request/template.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';
import { limitsOf } from '../../config/config.ts';
import { defaultTargetOf, registryTokenOf } from '../../config/registry.ts';
import type { Config } from '../../config/table.ts';
import type { Volume, VolumeMount } from '../../kube/objects/pod.ts';
import { DEFAULT_TIMEOUT } from '../../tekton/custom-run.ts';
import type { CustomRun } from '../../tekton/custom-run.ts';
import { readRunParams } from './run-params.ts';
import type { RunParams } from './run-params.ts';
import { refuseSharedPlaces } from './shared-places.ts';
import { cacheNames, mountWorkspaces, workspacesOf } from './workspaces.ts';

/** What one run asks of its helper, as far as the run itself says it. */
export interface Work {
  readonly request: CacheRequest;
  readonly runAs?: RunAs;
  readonly volumes: readonly Volume[];
  readonly mounts: readonly VolumeMount[];
}

/** Throws InvalidParams and CustomRunWorkspaceNotSupported. */
export function workOf(run: CustomRun, verb: Verb, config: Config, params = readRunParams(run, verb)): Work {
  if (params.problem !== undefined) throw params.problem;
  const workspaces = workspacesOf(run);
  const { source, caches, volumes, mounts } = mountWorkspaces(workspaces);
  const target = defaultTargetOf(config);
  const registryToken = registryTokenOf(config);
  const asked = parseAsked({
    verb,
    surface: 'customrun',
    params: params.given,
    values: params.values,
    ...(source === undefined ? {} : { source }),
    caches,
    variables: variablesOf(run),
    defaults: {
      ...(target === undefined ? {} : { target }),
      maxTimeMs: timeoutMsOf(run),
    },
    ...modeAnnotationOf(run),
    limits: limitsOf(config),
    dockerConfigs: [],
    insecureRegistries: config.insecureRegistries,
    compression: config.compression,
    verify: config.verify,
    ...(registryToken === undefined ? {} : { registryToken }),
  });
  refuseSharedPlaces(workspaces, asked.request);
  return { ...asked, volumes, mounts };
}

/** The timeout of an attempt, in milliseconds; 0: none. */
export function timeoutMsOf(run: CustomRun): number {
  return parseDuration(run.spec.timeout ?? DEFAULT_TIMEOUT) ?? parseDuration(DEFAULT_TIMEOUT) ?? 0;
}

/** What the controller needs to report of a run whose helper does not report. */
interface Reported {
  /** The caches that it has results for. With `preset: auto` nobody knows them before. */
  readonly caches: readonly string[];
  /** The user wants an error to fail the run. */
  readonly strict: boolean;
}

/** Without params that can be read, the workspaces alone say which caches there are. */
export function reportedOf(run: CustomRun, params: RunParams): Reported {
  const names = namesIn(run);
  if (params.problem !== undefined) return { caches: names, strict: false };
  try {
    return { caches: presetCacheNames(params.values) ?? names, strict: params.values['on-error'] === 'fail' };
  } catch {
    return { caches: names, strict: false };
  }
}

/** A run whose workspaces cannot be read has the results of one cache all the same; it ends with a sentence about that. */
function namesIn(run: CustomRun): readonly string[] {
  try {
    return cacheNames(workspacesOf(run));
  } catch {
    return [SOURCE];
  }
}

/** Where the Pipeline has no name, Tekton's label has that of the PipelineRun: that is no name of a Pipeline. */
function variablesOf(run: CustomRun): TemplateValues {
  const { namespace, labels = {} } = run.metadata;
  const pipeline = labels['tekton.dev/pipeline'];
  const isOwnName = pipeline !== undefined && pipeline !== labels['tekton.dev/pipelineRun'];
  return { namespace, ...(isOwnName ? { pipeline } : {}) };
}

function modeAnnotationOf(run: CustomRun): { readonly modeAnnotation?: string } {
  const modeAnnotation = run.metadata.annotations?.[MODE_ANNOTATION];
  return modeAnnotation === undefined ? {} : { modeAnnotation };
}

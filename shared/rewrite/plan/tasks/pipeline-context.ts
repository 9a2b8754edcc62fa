import type { TaskGraph } from '../../tekton/pipeline/graph.ts';
import type { Key } from '../key.ts';
import type { ResolverOptions } from '../../ask/resolver-params.ts';
import type { SkipCauses } from '../workspaces/skip-causes.ts';
import type { StepSettings } from './step-settings.ts';
import type { Pipeline, PipelineSpec, Run } from '../../tekton/tekton.ts';
import type { WorkspacePlan } from '../workspaces/workspace-plan.ts';

export interface RewriteSettings extends StepSettings {
  /** Used when the params have no `target`. */
  readonly target?: string;
}

export interface PipelineRewrite {
  readonly pipeline: Pipeline;
  readonly run: Run;
  readonly options: ResolverOptions;
  readonly settings: RewriteSettings;
}

/** What the parts of a rewriting share. */
export interface PipelineContext extends PipelineRewrite {
  readonly spec: PipelineSpec;
  readonly graph: TaskGraph;
  readonly key: Key;
  readonly workspaces: readonly WorkspacePlan[];
  readonly source: string;
  readonly skips: SkipCauses;
}

/** Does this workspace get steps? Custom tasks do the work for shared volumes where they were asked for. */
export function hasSteps({ volume }: WorkspacePlan, { options }: PipelineRewrite): boolean {
  return volume === 'emptyDir' || options.via === 'steps';
}

/** A step cannot upload after a failed one, so for `upload-on: always` a custom task in `finally` does. */
export function uploadsBySteps(plan: WorkspacePlan, context: PipelineRewrite): boolean {
  return hasSteps(plan, context) && context.options.shared['upload-on'] !== 'always';
}

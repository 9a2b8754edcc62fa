/**
 * What is to be put into one Task. For a referenced Task it is the param `plan` of our reference, which comes back when Tekton asks
 * for the Task. Only the resolvers write and read it.
 */
import type { CacheDirectory } from '../../request/protocol.ts';

/** Where this one cache comes from or goes to, as far as it differs from the options of the step. */
export type Transfer = Pick<
  CacheDirectory,
  'target' | 'fallbacks' | 'aliases' | 'mode' | 'join' | 'keepMs' | 'origins' | 'travels'
>;

export interface CachePlan {
  /** The workspace's name in the Pipeline: `{{workspace}}`. */
  readonly name: string;
  /** Its name in the Task. */
  readonly workspace: string;
  /** The Task sees a directory of the workspace only; our steps mount the volume from this directory of it ('': its root). */
  readonly root?: string;
  /** The Task sees the whole workspace, which is this directory of the volume. */
  readonly subPath?: string;
  /** The directories of it that are cached; absent: all of it. */
  readonly paths?: readonly string[];
  readonly fetch?: Transfer;
  readonly upload?: Transfer;
}

/** Options of the helper by their names, in the order in which they are written. */
export type StepOptions = Readonly<Record<string, string | readonly string[]>>;

export interface StepPlan {
  readonly options: StepOptions;
  /** A failure of the step fails the Task. */
  readonly strict: boolean;
}

export interface TaskPlan {
  readonly version: 1;
  readonly caches: readonly CachePlan[];
  /** The Task's workspace with the files to hash, or the absolute directory of a volume of the Task. */
  readonly source?: string;
  /** The root of the sources, like the `root` of a cache: the Task sees a part of the workspace only. */
  readonly sourceRoot?: string;
  readonly fetch?: StepPlan;
  readonly upload?: StepPlan;
  /** The upload takes the hash from the fetch step. */
  readonly hashFromFetch: boolean;
  /** The caches are those of presets, in a directory of the pod, and the steps get the variables that lead there. */
  readonly preset?: PresetPlan;
  /** The step to fetch after; '': before all of them. The Task's own annotation when absent. */
  readonly fetchAfter?: string;
  /** A second name of a workspace, which would be a second emptyDir: the name and the directory in it to use instead. */
  readonly renamed?: Readonly<Record<string, { readonly workspace: string; readonly subPath: string }>>;
  /** What the podTemplate says about who our steps run as: `given`, or only that it is not root. */
  readonly user?: PodUser;
  /** The podTemplate asks for nodes of it, on which our steps cannot run. */
  readonly system?: 'windows';
  /** The service account of the task, unless it is the default one. */
  readonly account?: string;
}

export interface PresetPlan {
  /** `auto`, or names with commas between them. */
  readonly names: string;
  /** The user named the task. */
  readonly named: boolean;
  /** The sources are not there when the Task starts: one of its steps brings them. */
  readonly sourcesWithin: boolean;
  /** Variables of the presets that the podTemplate sets otherwise, over all that the Task says. */
  readonly byPod?: readonly string[];
}

export type PodUser = 'given' | 'non-root';

/** Stands for the TaskRun's name, which only Tekton knows where a matrix makes several. */
export const TASK_RUN = '{{taskrun}}';

/** Tekton replaces variables in params, and a value with a quote would change the JSON around it. */
export function writePlan(plan: TaskPlan): string {
  return JSON.stringify(plan).replaceAll('$(', '$\\u0028');
}

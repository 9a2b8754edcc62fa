import { invalidParams } from '../../../errors.ts';
import { escapeValue } from '../../../interface/text/escape-value.ts';
import { expandPartly, repositoryOfTemplate, templateVariables } from '../../../request/template.ts';
import { childName, childNames } from '../../tekton/child-name.ts';
import { combinations, matrixOf } from '../../tekton/pipeline/matrix.ts';
import { byOwnName, isReserved, runPlace } from '../../../scope/place.ts';
import { isList, isObject } from '../../json/json.ts';
import type { Json } from '../../json/json.ts';
import { TASK_RUN } from '../plan.ts';
import type { PipelineTask, Run } from '../../tekton/tekton.ts';

/**
 * Names of the entries by which the content of one workspace goes from task to task: `REPOSITORY:x-RUNUID-TASK[.WORKSPACE]`, and in a matrix
 * `REPOSITORY:x-RUNUID.TASKRUN[.WORKSPACE]`. A dot parts what could run together, as the name of a task has none: task `build-go` with
 * workspace `cache` is not task `build` with `go-cache`. In the registry of the
 * installation the repository is one that nobody but the run reads and writes; elsewhere it is that of the final entry.
 */
export interface HandoffNames {
  /** What the task itself uploads to. */
  entry(task: PipelineTask): string;
  /**
   * The same for those who read it: one name for each combination of a matrix. Where their number is not known, the name of
   * the only one, and the prefix of those of several.
   */
  entries(task: PipelineTask): { readonly targets: readonly string[]; readonly prefix?: string };
  /** Their repository and that of the final entry, where these are two: content goes from one to the other. */
  readonly apart?: { readonly run: string; readonly key: string };
}

interface HandoffNamesInput {
  /** The template of the final entry, whose repository takes the others as well. */
  readonly target: string;
  readonly workspace: string;
  readonly run: Run;
  /** The registry of the installation. */
  readonly registry?: string | undefined;
}

export function handoffNames({ target, workspace, run, registry }: HandoffNamesInput): HandoffNames {
  const repository = repositoryOfTemplate(target);
  const used = templateVariables(repository);
  const suffix = used.includes('workspace') ? '' : `.${escapeValue(workspace)}`;
  const runName = run.metadata.name ?? '';
  const key = expandPartly(repository, { workspace });
  const own = registry === undefined ? undefined : repositoryOfRun(key, registry, run);
  const place = `${own ?? key}:x-${run.metadata.uid ?? ''}`;
  const named = (name: string): string => {
    if (!used.includes('hash')) return `${place}${name}${suffix}`;
    throw invalidParams(
      `\`target\` ${JSON.stringify(target)} has {{hash}} in the repository, where handoffs between tasks are kept too, ` +
        'before there is a hash. Put it into the tag, after the last colon.',
    );
  };

  return {
    ...(own === undefined ? {} : { apart: { run: own, key } }),
    entry: (task) => named(matrixOf(task) === undefined ? `-${task.name}` : `.${TASK_RUN}`),
    entries: (task) => {
      const { name } = task;
      const matrix = matrixOf(task);
      if (matrix === undefined) return { targets: [named(`-${name}`)] };
      const count = combinations(matrix);
      const targets = childNames(runName, name, count ?? 1).map((taskRun) => named(`.${taskRun}`));
      return count === undefined ? { targets, prefix: `${place}.${openEnded(runName, name, suffix)}` } : { targets };
    },
  };
}

/** The same repository in the place of the run. Undefined where the run has none: in other registries, and for runs within runs. */
function repositoryOfRun(repository: string, registry: string, { metadata }: Run): string | undefined {
  const { namespace = '', uid = '', ownerReferences } = metadata;
  const named = expandPartly(repository, { namespace });
  if (!named.startsWith(`${registry}/`)) return undefined;
  const own = byOwnName(named.slice(registry.length + 1), namespace);
  const isWithin = isList(ownerReferences) && ownerReferences.some(isRun);
  if (isWithin || !own.startsWith(`${namespace}/`) || isReserved(own)) return undefined;
  return `${registry}/${runPlace(namespace, uid)}/${own.slice(namespace.length + 1)}`;
}

/** The token service goes up to the outermost run, and knows the place of that one alone. */
function isRun(owner: Json): boolean {
  const { apiVersion, controller } = isObject(owner) ? owner : {};
  return controller === true && typeof apiVersion === 'string' && apiVersion.startsWith('tekton.dev/');
}

const MOST_DIGITS = '255';

function openEnded(runName: string, task: string, suffix: string): string {
  const prefix = `${runName}-${task}-`;
  if (suffix !== '') {
    throw invalidParams(
      `Task \`${task}\` has a matrix of unknown size: \`target\` needs {{workspace}} in its repository, before the last colon.`,
    );
  }
  if (childName(runName, `-${task}-${MOST_DIGITS}`) === `${prefix}${MOST_DIGITS}`) return prefix;
  throw invalidParams(
    `Task \`${task}\` has a matrix of unknown size, and the name of the run is too long to tell its TaskRuns by their names. Use a shorter name.`,
  );
}

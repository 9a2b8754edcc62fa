import { CacheError, ERROR_CODES } from '../errors.ts';
import { escapeValue, expandPartly, templateVariables } from '../interface/template.ts';
import { childName } from './child-name.ts';
import { isList } from './json.ts';
import { TASK_RUN } from './plan.ts';
import type { Matrix, PipelineTask, Run } from './tekton.ts';

/** Names of the entries by which the content of one workspace travels from task to task: `REPOSITORY:x-RUNUID-TASK[-INDEX]`. */
export interface TravelNames {
  /** What the task itself uploads to. */
  entry(task: PipelineTask): string;
  /** The same for those who read it: one name for each combination of a matrix, or a prefix where their number is not known. */
  entries(task: PipelineTask): { readonly targets: readonly string[]; readonly prefix?: string };
}

export interface TravelNamesInput {
  /** The template of the final entry, whose repository takes the others as well. */
  readonly target: string;
  readonly workspace: string;
  readonly run: Run;
}

export function travelNames({ target, workspace, run }: TravelNamesInput): TravelNames {
  const repository = repositoryOf(target);
  const used = templateVariables(repository);
  const suffix = used.includes('workspace') ? '' : `-${escapeValue(workspace)}`;
  const runName = run.metadata.name ?? '';
  const place = `${expandPartly(repository, { workspace })}:x-${run.metadata.uid ?? ''}-`;
  const named = (name: string): string => {
    if (!used.includes('hash')) return `${place}${name}${suffix}`;
    throw invalid(
      `\`target\` ${JSON.stringify(target)} has {{hash}} in the repository, where content that travels between tasks is kept too, ` +
        'before there is a hash. Put it into the tag, after the last colon.',
    );
  };

  return {
    entry: ({ name, matrix }) => named(matrix === undefined ? name : TASK_RUN),
    entries: ({ name, matrix }) => {
      if (matrix === undefined) return { targets: [named(name)] };
      const count = combinations(matrix);
      if (count === undefined) return { targets: [], prefix: `${place}${openEnded(runName, name, suffix)}` };
      const indexes = Array.from({ length: count }, (_, index) => index);
      return { targets: indexes.map((index) => named(childName(runName, `-${name}-${index}`))) };
    },
  };
}

/** The template without tag and digest. */
function repositoryOf(template: string): string {
  const name = template.replace(/@[^@/]*$/, '');
  const colon = name.lastIndexOf(':');
  return colon > name.lastIndexOf('/') ? name.slice(0, colon) : name;
}

/** How many TaskRuns a matrix makes, when every list in it is written out. */
function combinations({ params = [], include = [] }: Matrix): number | undefined {
  if (params.length === 0) return include.length;
  if (include.length > 0) return undefined;
  const lengths = params.map(({ value }) => (isList(value) ? value.length : undefined));
  return lengths.reduce<number | undefined>(
    (product, length) => (product === undefined || length === undefined ? undefined : product * length),
    1,
  );
}

const MOST_DIGITS = '255';

function openEnded(runName: string, task: string, suffix: string): string {
  const prefix = `${runName}-${task}-`;
  if (suffix !== '') {
    throw invalid(
      `Task \`${task}\` has a matrix of unknown size: \`target\` needs {{workspace}} in its repository, before the last colon.`,
    );
  }
  if (childName(runName, `-${task}-${MOST_DIGITS}`) === `${prefix}${MOST_DIGITS}`) return prefix;
  throw invalid(
    `Task \`${task}\` has a matrix of unknown size, and the name of the run is too long to tell its TaskRuns by their names. Use a shorter name.`,
  );
}

function invalid(message: string): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message);
}

import { stringify } from 'yaml';
import { invalidParams } from '../../errors.ts';
import { toV1 } from '../../rewrite/tekton/read/conversion.ts';
import { isList, isObject, objects, withoutNulls } from '../../rewrite/json/json.ts';
import type { Json, JsonObject } from '../../rewrite/json/json.ts';
import { lineDiff } from '../../rewrite/json/line-diff.ts';
import { isOurs, isParam } from '../../rewrite/tekton/read/reference.ts';
import type { Reference } from '../../rewrite/tekton/read/reference.ts';
import { resolve, whatToRead } from '../../rewrite/resolve.ts';
import { isPipeline, isRun } from '../../rewrite/tekton/read/schema.ts';
import { runReplacements, substitute } from '../../rewrite/tekton/pipeline/substitution.ts';
import type { Pipeline, Run, Task } from '../../rewrite/tekton/tekton.ts';
import type { Asked } from '../../rewrite/ask/written-param.ts';
import { writtenPipeline } from '../../rewrite/ask/written-pipeline.ts';
import { writtenReference } from '../../rewrite/ask/written-reference.ts';
import { describeReference, findDocument } from './find-document.ts';
import { documentCommand, fileOf, lacksFile } from './document-command.ts';
import { readDocuments } from './documents.ts';
import { HELP_OPTION } from '../arguments/options.ts';
import type { OptionRow } from '../arguments/options.ts';
import type { Subcommand } from '../arguments/subcommand.ts';

const ROWS: readonly OptionRow[] = [
  {
    name: 'file',
    short: 'f',
    kind: 'value',
    value: 'FILE',
    meaning: 'PipelineRuns and TaskRuns, whose references are resolved',
  },
  {
    name: 'with',
    kind: 'list',
    value: 'FILE',
    meaning: 'documents of Pipelines and Tasks that it refers to, by name or through another resolver',
  },
  { name: 'diff', kind: 'flag', meaning: 'print what changes instead of the whole' },
  { name: 'image', kind: 'value', value: 'IMAGE', meaning: 'the helper image of the injected steps' },
  HELP_OPTION,
];

const USAGE = 'tekton-cache resolve -f FILE [--with FILE ...] [--diff]';
const SUMMARY =
  'Prints the Pipeline and Tasks that the resolvers `cache` and `wrap` would hand to Tekton, without a cluster.';

/** What a cluster fills in; the steps on it come from its configuration. */
const SETTINGS = { image: 'tekton-cache', resources: {} };

const UNCHANGED =
  'Nothing would change: no workspace that is named in `workspaces` is bound and used, and there is no `preset`.';

export const RESOLVE_COMMAND: Subcommand = documentCommand({
  name: 'resolve',
  rows: ROWS,
  usage: USAGE,
  summary: SUMMARY,
  check: lacksFile,
  answer: async (options, terminal) => {
    const { values, lists, flags } = options;
    const documents = (await Promise.all((lists.get('with') ?? []).map(readDocuments))).flat();
    const missing: string[] = [];
    const given = await readDocuments(fileOf(options));
    const outcome = dryRun(given, documents, values.get('image') ?? SETTINGS.image, missing);
    for (const name of missing)
      terminal.log(`${name} is not among the documents, and not shown; give its file with --with.`);
    if (outcome.every(isUnchanged)) terminal.log(UNCHANGED);
    return outcome
      .map(flags.get('diff') === true ? diffOf : ({ after }) => yaml(after))
      .join('---\n')
      .trimEnd();
  },
});

interface Rewritten {
  readonly before: JsonObject;
  readonly after: Pipeline | Task;
}

/** What each run of the file gets; those without a reference of ours are passed over beside others. */
function dryRun(
  given: readonly JsonObject[],
  others: readonly JsonObject[],
  image: string,
  missing: string[],
): Rewritten[] {
  const runs = given.map(withNames).filter(isRun);
  if (runs.length === 0) throw invalidParams('The file holds neither a PipelineRun nor a TaskRun.');
  const documents = [...given, ...others];
  const outcome = runs.flatMap((run) => rewritingsOf({ run, documents, image, missing }));
  if (outcome.length > 0 || missing.length > 0) return outcome;
  const unseen = runs.flatMap((run) => plainReference(run) ?? []).filter((one) => !findDocument(one, documents));
  const [first] = unseen;
  const hint =
    first === undefined
      ? ''
      : ` Where tasks of the ${describeReference(first)} have such references, give its file with --with.`;
  throw invalidParams(
    `The run has no reference with \`resolver: cache\` or \`resolver: wrap\`, so nothing would be rewritten.${hint}`,
  );
}

/** The reference of the run, then the Tasks to which late references of the result lead, or of a Pipeline that is not rewritten as a whole. */
function rewritingsOf(question: Omit<Question, 'reference' | 'late'>): Rewritten[] {
  const { run, documents } = question;
  const { pipelineRef, taskRef, pipelineSpec } = run.spec;
  const lateOnes = (tasks: readonly JsonObject[]): Rewritten[] =>
    tasks.flatMap((task) => rewriteOne({ ...question, reference: task['taskRef'], late: true }) ?? []);
  const first = rewriteOne({ ...question, reference: isObject(pipelineRef) ? pipelineRef : taskRef, late: false });
  if (first !== undefined) return [first, ...(isPipeline(first.after) ? lateOnes(tasksIn(first.after.spec)) : [])];
  const plain = plainReference(run);
  const spec = plain === undefined ? pipelineSpec : findDocument(plain, documents)?.['spec'];
  return lateOnes(tasksIn(spec));
}

/** The Pipeline that a run refers to without us. */
function plainReference({ spec }: Run): Exclude<Reference, { readonly by: 'spec' }> | undefined {
  const { pipelineRef: ref } = spec;
  if (!isObject(ref)) return undefined;
  const { name, resolver, params } = ref;
  if (typeof name === 'string' && name !== '') return { by: 'name', kind: 'Pipeline', name };
  if (typeof resolver !== 'string' || isOurs(resolver)) return undefined;
  return { by: 'resolver', kind: 'Pipeline', resolver, params: objects(params).filter(isParam) };
}

/** The tasks of a Pipeline's spec, whoever wrote it: Tekton asks for those that refer to our resolvers. */
function tasksIn(spec: Json | undefined): JsonObject[] {
  const { tasks, finally: last } = isObject(spec) ? spec : {};
  return [tasks, last].flatMap(objects);
}

function isUnchanged({ before, after }: Rewritten): boolean {
  return yaml(before) === yaml(after);
}

interface Question {
  readonly reference: unknown;
  readonly run: Run;
  readonly documents: readonly JsonObject[];
  readonly image: string;
  /** A Task that is not at hand is passed over, and goes on the list of what is missing. */
  readonly late: boolean;
  readonly missing: string[];
}

function rewriteOne({ reference: ref, run, documents, image, late, missing }: Question): Rewritten | undefined {
  if (!isObject(ref) || typeof ref['resolver'] !== 'string' || !isOurs(ref['resolver'])) return undefined;
  const { resolver, params = [] } = ref;
  const replaced = substitute(params, runReplacements(run));
  const named = isList(replaced) ? replaced.filter(isParam) : [];
  const values = Object.fromEntries(named.map(({ name, value }) => [name, value]));
  const asked = { resolver, params: values };
  const reference = whatToRead(asked);
  const wanted = reference?.by === 'text' ? writtenReference(reference, asked, run) : reference;
  const document = wanted === undefined ? undefined : read(wanted, { asked, run, documents });
  if (wanted !== undefined && document === undefined) {
    const name = wanted.by === 'spec' ? 'The Pipeline' : describeReference(wanted);
    if (!late) throw invalidParams(`${name} is not among the documents; give its file with --with.`);
    missing.push(name);
    return undefined;
  }
  const after = resolve({ ...asked, run, document, settings: { ...SETTINGS, image } });
  return { before: document === undefined ? {} : comparable(document, after), after };
}

/** The document in v1, with the metadata that the resolver hands on, so that a diff shows only the rewriting. */
function comparable(document: JsonObject, { apiVersion, kind, metadata }: Pipeline | Task): JsonObject {
  return { apiVersion, kind, metadata, spec: toV1(document)['spec'] };
}

interface Known {
  readonly asked: Asked;
  readonly run: Run;
  readonly documents: readonly JsonObject[];
}

function read(reference: Reference, { asked, run, documents }: Known): JsonObject | undefined {
  if (reference.by === 'spec') return writtenPipeline(asked, run);
  return findDocument(reference, documents);
}

function withNames(given: JsonObject): JsonObject {
  const document = withoutNulls(given);
  const metadata = isObject(document['metadata']) ? document['metadata'] : {};
  const { name = metadata['generateName'] ?? 'run', namespace = 'default', uid = 'RUN-UID' } = metadata;
  return { ...document, metadata: { ...metadata, name, namespace, uid } };
}

function diffOf({ before, after }: Rewritten): string {
  const { kind, metadata } = after;
  return `# ${kind} ${metadata.name ?? ''}\n${lineDiff(yaml(before), yaml(after))}\n`;
}

/** The document as YAML 1.1, which Kubernetes reads: there, `off` has to be quoted. */
function yaml(document: JsonObject): string {
  return stringify(document, { version: '1.1', lineWidth: 0, aliasDuplicateObjects: false });
}

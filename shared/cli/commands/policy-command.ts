import { invalidParams } from '../../errors.ts';
import { isRepository } from '../../interface/places/image-reference.ts';
import { isList, isObject } from '../../rewrite/json/json.ts';
import type { Json, JsonObject } from '../../rewrite/json/json.ts';
import { placeFor } from '../../scope/access.ts';
import type { Place } from '../../scope/place.ts';
import { readPolicy } from '../../scope/policy.ts';
import type { Policy } from '../../scope/policy.ts';
import { eventOf } from '../../scope/run-facts.ts';
import type { RunEvent, RunFacts } from '../../scope/run-facts.ts';
import { scopeOf } from '../../scope/scope.ts';
import type { Scope } from '../../scope/scope.ts';
import { scopedRepository } from '../../scope/scoped-reference.ts';
import { isAmong } from '../../scope/trust.ts';
import { HELP_OPTION } from '../arguments/options.ts';
import type { OptionRow, Options } from '../arguments/options.ts';
import type { Subcommand } from '../arguments/subcommand.ts';
import { documentCommand, fileOf, lacksFile } from './document-command.ts';
import { configMapIn, readDocuments } from './documents.ts';
import { textTable } from './text-table.ts';

const VERB = 'explain';
const ROWS: readonly OptionRow[] = [
  { name: 'file', short: 'f', kind: 'value', value: 'FILE', meaning: 'the runs, as YAML or JSON; - is standard input' },
  {
    name: 'with',
    kind: 'list',
    value: 'FILE',
    meaning:
      'the ConfigMap tekton-cache-config with the policy, and the Namespace with its labels; the defaults when absent',
  },
  {
    name: 'repository',
    kind: 'list',
    value: 'NAME',
    meaning: 'a repository: may the run pull it, and push to it? Which one is it as a target?',
  },
  { name: 'namespace', kind: 'value', value: 'NAME', meaning: 'of the run, where the file does not say it' },
  { name: 'service-account', kind: 'value', value: 'NAME', meaning: 'of the pod; that of the run when absent' },
  HELP_OPTION,
];
const USAGE = 'tekton-cache policy explain -f FILE [--with FILE ...] [--repository NAME ...]';
const SUMMARY = 'Explains what the token service lets a run read and write, and by which rule, without a cluster.';

const RUN_KINDS = ['PipelineRun', 'TaskRun', 'CustomRun'];
const CONFIG_MAP = 'tekton-cache-config';
const DEFAULTS = { namespace: 'default', serviceAccount: 'default', run: 'RUN-UID' };

/** `tekton-cache policy explain`. */
export const POLICY_COMMAND: Subcommand = documentCommand({
  name: 'policy',
  rows: ROWS,
  operand: VERB,
  usage: USAGE,
  summary: SUMMARY,
  check: (options) => [...(options.values.get(VERB) === VERB ? [] : [`Write: ${USAGE}`]), ...lacksFile(options)],
  answer: async (options) => {
    const others = (await Promise.all((options.lists.get('with') ?? []).map(readDocuments))).flat();
    return explain(await readDocuments(fileOf(options)), others, options);
  },
});

/** Each run of the file by itself: one may be of a pull request, and the next one not. Runs that another one made have no scope of their own. */
function explain(given: readonly JsonObject[], others: readonly JsonObject[], options: Options): string {
  const runs = given.filter(({ kind }) => RUN_KINDS.some((known) => known === kind));
  const [first] = runs;
  if (first === undefined) throw invalidParams(`The file holds no ${RUN_KINDS.join(', no ')}.`);
  const outermost = runs.filter((run) => makerOf(run) === undefined);
  if (outermost.length === 0) {
    throw invalidParams(
      `${textIn(first['kind']) ?? ''} ${nameOf(first)} has the scope of ${makerOf(first) ?? ''}, which made it: explain that one.`,
    );
  }
  return outermost.map((run) => explainRun(run, [...given, ...others], options)).join('\n\n');
}

function explainRun(run: JsonObject, documents: readonly JsonObject[], { values, lists }: Options): string {
  const configMap = configMapIn(documents, CONFIG_MAP);
  const facts = factsOf(run, documents, values);
  const policy = readPolicy(textsOf(configMap?.['data']));
  const scope = scopeOf(facts, policy);
  const table = textTable([
    ['MAY', 'REPOSITORIES', 'BY'],
    ...scope.read.map((place) => ['read', textOf(place), place.rule]),
    ...scope.write.map((place) => ['write', textOf(place), place.rule]),
  ]);
  const { reads, writes } = scope.places;
  const targets = textTable([
    ['TARGETS BELOW', 'ARE READ AS', 'AND WRITTEN AS'],
    [`${facts.namespace}/*`, reads.map((place) => `${place}/*`).join(', then '), `${writes}/*`],
  ]);
  const answers = (lists.get('repository') ?? []).map((repository) => answerFor(repository, scope));
  return [
    `${textIn(run['kind']) ?? ''} ${nameOf(run)} in ${facts.namespace}, as ${facts.serviceAccount}`,
    `event: ${eventText(eventOf(facts))}`,
    `${scope.trust}, by ${scope.rule}`,
    '',
    table,
    ...unknownGrants(facts.namespace, policy, documents),
    '',
    targets,
    ...(answers.length > 0 ? ['', ...answers] : []),
  ].join('\n');
}

function answerFor(repository: string, scope: Scope): string {
  const actions = (['pull', 'push'] as const).filter((action) => placeFor(action, repository, scope));
  if (!isRepository(repository)) return `${repository}: nothing, as no repository has this name`;
  const may = `${repository}: ${actions.length > 0 ? actions.join(' and ') : 'nothing'}`;
  const { reads, writes } = scopedRepository(repository, scope.places);
  const isPlain = writes === repository && reads.every((read) => read === repository);
  return isPlain ? may : `${may}; as a target it is read as ${reads.join(', then ')}, and written as ${writes}`;
}

/** Without the Namespace nobody knows its labels. */
function unknownGrants(namespace: string, { grants }: Policy, documents: readonly JsonObject[]): readonly string[] {
  const isByLabels = grants.some(({ from }) => from.labels !== undefined && isAmong(from.namespaces, namespace));
  if (!isByLabels || namespaceIn(documents, namespace) !== undefined) return [];
  return [`What token-grants give by labels is left out: no file has the Namespace ${namespace}.`];
}

function namespaceIn(documents: readonly JsonObject[], name: string): JsonObject | undefined {
  return documents.find((document) => document['kind'] === 'Namespace' && nameOf(document) === name);
}

/** The run that made this one, whose stamps and UID count. */
function makerOf(run: JsonObject): string | undefined {
  const owners = fieldsOf(run['metadata'])['ownerReferences'];
  const maker = (isList(owners) ? owners : [])
    .map(fieldsOf)
    .find(
      ({ controller, apiVersion }) => controller === true && textIn(apiVersion)?.startsWith('tekton.dev/') === true,
    );
  return maker === undefined || !RUN_KINDS.some((kind) => kind === maker['kind'])
    ? undefined
    : `${textIn(maker['kind']) ?? ''} ${textIn(maker['name']) ?? ''}`;
}

function factsOf(run: JsonObject, documents: readonly JsonObject[], values: Options['values']): RunFacts {
  const metadata = fieldsOf(run['metadata']);
  const spec = fieldsOf(run['spec']);
  const namespace = values.get('namespace') ?? textIn(metadata['namespace']) ?? DEFAULTS.namespace;
  const ofNamespace = namespaceIn(documents, namespace);
  const accounts = [fieldsOf(spec['taskRunTemplate'])['serviceAccountName'], spec['serviceAccountName']];
  return {
    namespace,
    namespaceLabels: textsOf(fieldsOf(ofNamespace?.['metadata'])['labels']),
    serviceAccount: values.get('service-account') ?? accounts.map(textIn).find(Boolean) ?? DEFAULTS.serviceAccount,
    run: textIn(metadata['uid']) ?? DEFAULTS.run,
    annotations: textsOf(metadata['annotations']),
    labels: textsOf(metadata['labels']),
  };
}

function eventText({ type, branch, pullRequest, isFork }: RunEvent): string {
  if (type === undefined && pullRequest === undefined && !isFork) return 'none that Pipelines-as-Code stamped';
  const parts = [
    `${type ?? 'unknown'}${branch === undefined ? '' : ` on ${branch}`}`,
    ...(pullRequest === undefined ? [] : [`pull request ${pullRequest.number} of ${pullRequest.repository}`]),
    ...(isFork ? ['from a fork'] : []),
  ];
  return parts.join(', ');
}

/** The text of a place. For repositories that are not open the patterns are enough: each stands beside its own name. */
function textOf({ repositories, except }: Place): string {
  const parts = except.filter((pattern) => pattern.endsWith('/*'));
  return parts.length === 0 ? repositories : `${repositories}, but not ${parts.join(', ')}`;
}

function nameOf(document: JsonObject): string {
  const { name, generateName } = fieldsOf(document['metadata']);
  return textIn(name) ?? textIn(generateName) ?? '';
}

const fieldsOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});
const textIn = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

function textsOf(value: Json | undefined): Readonly<Record<string, string>> {
  const texts = Object.entries(fieldsOf(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string');
  return Object.fromEntries(texts);
}

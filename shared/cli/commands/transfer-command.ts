import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { asCacheError, ERROR_CODES, invalidParams } from '../../errors.ts';
import { isDirectory } from '../../helper/is-directory.ts';
import { realPorts } from '../../helper/ports.ts';
import { reportWithout, resultFiles } from '../../helper/report/report.ts';
import type { ReportSink } from '../../helper/report/report.ts';
import { resultsLine } from '../../helper/report/step-log.ts';
import { runToEnd } from '../../helper/run-to-end.ts';
import type { Verb } from '../../interface/params.ts';
import { knownParams } from '../../request/read-params.ts';
import { PROJECTED_TOKEN } from '../../interface/places/registry-token.ts';
import { parseRequest } from '../../request/request.ts';
import { splitList } from '../../interface/text/split-list.ts';
import { CREDENTIALS_DIRECTORY, EXIT } from '../../request/protocol.ts';
import type { CacheReport, CacheRequest } from '../../request/protocol.ts';
import { isWithoutDirectory, readDirectories, requireDirectory, splitNamed } from '../arguments/directories.ts';
import { helpText, usageProblem } from '../arguments/help.ts';
import { readSettings } from '../arguments/installation-settings.ts';
import { ITEM_OPTION, readLists } from '../arguments/list-items.ts';
import { mountedRegistry } from '../arguments/mounted-registry.ts';
import { optionOf, readOptions } from '../arguments/options.ts';
import type { OptionRow, Options } from '../arguments/options.ts';
import type { Subcommand, Terminal } from '../arguments/subcommand.ts';

const GENERAL: readonly OptionRow[] = [
  {
    name: 'source',
    kind: 'value',
    value: 'DIR',
    meaning: 'directory with the files to hash; without --workspace, with the cache as well',
  },
  {
    name: 'workspace',
    kind: 'list',
    value: 'NAME=DIR',
    meaning: 'a directory to cache; the name `source` is that of --source',
  },
  {
    name: 'cache',
    kind: 'list',
    value: 'JSON',
    meaning:
      'a directory to cache, with templates of its own: {"name", "dir", "target", "fallbacks", "aliases", "mode", ...}',
  },
  {
    name: 'settings',
    kind: 'value',
    value: 'JSON',
    meaning:
      'what an installation decides, as resolvers write it: {"limits", "compression", "insecureRegistries", "basicAuths", "registryToken", "verify"}',
  },
  {
    name: 'registry-token',
    kind: 'value',
    value: 'DIR',
    meaning: `where the token for the registry of the installation is mounted, with the files \`registry\`, \`realm\`, \`ca.crt\` and \`provenance.pub\`; ${PROJECTED_TOKEN.directory} when absent`,
  },
  ITEM_OPTION,
  { name: 'variable', kind: 'list', value: 'NAME=VALUE', meaning: 'a template variable: namespace, pipeline, ...' },
  { name: 'note', kind: 'list', value: 'TEXT', meaning: 'a line for the log, as resolvers write it' },
  { name: 'json', kind: 'flag', meaning: 'print the results as one JSON object on standard output' },
  {
    name: 'results-dir',
    kind: 'value',
    value: 'DIR',
    meaning: 'write each result to a file, as a step of Tekton: max-time is 5m then',
  },
  { name: 'help', kind: 'flag', meaning: 'show this' },
];

const SUMMARY: Record<Verb, string> = {
  fetch: 'Restores directories from the cache entry of a target, or else of a fallback.',
  upload: 'Stores directories as the cache entry of a target.',
};

/** A deadline that Tekton sets for a step fails the TaskRun, so our steps have one of their own. */
const STEP_MAX_TIME_MS = 300_000;

/** `tekton-cache fetch` and `tekton-cache upload`: the helper, with its request from options. */
export function transferCommand(verb: Verb): Subcommand {
  const rows = [...GENERAL, ...knownParams([verb], 'cli').map(optionOf)];
  return {
    run: async (args, terminal) => {
      const options = readOptions(args, rows);
      if (options.flags.get('help') === true) {
        terminal.print(
          helpText(`tekton-cache ${verb} --target REFERENCE --workspace NAME=DIR [OPTION ...]`, SUMMARY[verb], rows),
        );
        return EXIT.ok;
      }
      const resultsDir = options.values.get('results-dir') ?? '';
      // Made absolute and without `..`, as files are written into it. A step names it by the path of a result that is not there yet.
      if (resultsDir !== '' && !isDirectory(resolve(resultsDir))) {
        terminal.log(
          `tekton-cache ${verb}: --results-dir: there is no directory ${JSON.stringify(resultsDir)}. Make it first.`,
        );
        return EXIT.usage;
      }
      const output = openOutput(options, terminal);
      const code = await transfer(verb, options, terminal, output.sink);
      output.finish();
      return code;
    },
  };
}

async function transfer(verb: Verb, options: Options, terminal: Terminal, sink: ReportSink): Promise<number> {
  if (options.problems.length === 0 && isNothingBound(options)) {
    const message = 'None of the workspaces is bound, so that there is nothing to do.';
    sink(reportWithout({ verb, caches: [], onError: 'continue' }, 'disabled', { code: '', message }));
    terminal.log(message);
    return EXIT.ok;
  }
  let request: CacheRequest;
  try {
    request = toRequest(verb, options, terminal.environment);
  } catch (caught) {
    const error = asCacheError(caught);
    if (error.code !== ERROR_CODES.InvalidParams) throw error;
    sink(reportWithout({ verb, caches: [], onError: 'fail' }, 'invalid-params', error));
    terminal.log(usageProblem(verb, error.message));
    return EXIT.usage;
  }
  const code = await runToEnd(request, realPorts(request, { line: (text) => terminal.log(text) }), sink);
  for (const note of options.lists.get('note') ?? []) terminal.log(`note: ${note}`);
  return code;
}

function toRequest(verb: Verb, options: Options, environment: NodeJS.ProcessEnv): CacheRequest {
  const { values, lists, flags, problems } = options;
  if (problems.length > 0) throw invalidParams(problems.join('\n'));
  const asStep = values.has('results-dir');
  const dockerConfig = values.get('docker-config') ?? '';
  if (dockerConfig !== '' && !existsSync(dockerConfig)) {
    throw invalidParams(
      `\`docker-config\`: there is no ${JSON.stringify(dockerConfig)}; give the directory with the config.json.`,
    );
  }
  const { source, caches } = readDirectories({
    source: values.get('source'),
    workspaces: asStep ? boundWorkspaces(lists.get('workspace') ?? []) : (lists.get('workspace') ?? []),
    caches: asStep ? boundCaches(lists.get('cache') ?? []) : (lists.get('cache') ?? []),
    inStep: asStep,
  });
  if (source !== undefined) requireDirectory('The source', source);
  if (verb === 'upload') for (const { name, dir } of caches) requireDirectory(`Workspace ${name}:`, dir);

  const general = new Set(GENERAL.map(({ name }) => name));
  const params: (readonly [string, unknown])[] = [
    ...values,
    ...flags,
    ...readLists(options, knownParams([verb], 'cli')),
  ];
  const { basicAuths, ...settings } = readSettings(values.get('settings'));
  const registryToken =
    settings.registryToken ?? mountedRegistry(values.get('registry-token') ?? PROJECTED_TOKEN.directory);
  const request = parseRequest({
    verb,
    surface: asStep ? 'step' : 'cli',
    params: Object.fromEntries(params.filter(([name]) => !general.has(name))),
    caches,
    variables: Object.fromEntries((lists.get('variable') ?? []).map((text) => splitNamed('variable', 'VALUE', text))),
    dockerConfigs: dockerConfigs(environment),
    ...(source === undefined ? {} : { source }),
    ...(asStep ? { defaults: { maxTimeMs: STEP_MAX_TIME_MS } } : {}),
    ...settings,
    ...(registryToken === undefined ? {} : { registryToken }),
  });
  return basicAuths === undefined ? request : { ...request, basicAuths };
}

/** A step gets its workspaces as one list, in which the path of an optional one that is not bound is empty. */
function boundWorkspaces(texts: readonly string[]): string[] {
  return texts.flatMap(splitList).filter((text) => !/^[^=]+=$/.test(text));
}

function boundCaches(texts: readonly string[]): string[] {
  return texts.filter((text) => !isWithoutDirectory(text));
}

/** A step all of whose caches are optional workspaces; the source is none of them. */
function isNothingBound({ values, lists }: Options): boolean {
  const texts = lists.get('workspace') ?? [];
  const caches = lists.get('cache') ?? [];
  const named = texts.flatMap(splitList).length + caches.length;
  const bound = [
    ...boundWorkspaces(texts),
    ...boundCaches(caches),
    ...(lists.get('paths') ?? []).filter((path) => path !== ''),
    ...(lists.get(ITEM_OPTION.name) ?? []).filter((item) => /^paths=./.test(item)),
  ];
  return values.has('results-dir') && named > 0 && bound.length === 0;
}

/** Where credentials are looked for, in order; the last ones are Tekton's and everybody's. */
function dockerConfigs({ REGISTRY_AUTH_FILE, DOCKER_CONFIG, HOME }: NodeJS.ProcessEnv): string[] {
  return [
    ...(REGISTRY_AUTH_FILE === undefined || REGISTRY_AUTH_FILE === '' ? [] : [REGISTRY_AUTH_FILE]),
    ...(DOCKER_CONFIG === undefined || DOCKER_CONFIG === '' ? [] : [DOCKER_CONFIG]),
    '/tekton/creds/.docker',
    ...injectedCredentials(),
    ...(HOME === undefined || HOME === '' ? [] : [join(HOME, '.docker')]),
  ];
}

/** Where resolvers mount the docker secrets of a run's service account: a directory for each. */
function injectedCredentials(): string[] {
  if (!existsSync(CREDENTIALS_DIRECTORY)) return [];
  const names = readdirSync(CREDENTIALS_DIRECTORY).filter((name) => !name.startsWith('.'));
  return names.map((name) => join(CREDENTIALS_DIRECTORY, name));
}

/** Results go to files at once, and as JSON to standard output at the end; those of a step are in its log, as Tekton keeps few of them. */
function openOutput({ values, flags }: Options, terminal: Terminal): { readonly sink: ReportSink; finish(): void } {
  const directory = values.get('results-dir');
  const toFiles = directory === undefined || directory === '' ? undefined : resultFiles(directory);
  let last: CacheReport | undefined;
  return {
    sink: (report) => {
      last = report;
      toFiles?.(report);
    },
    finish: () => {
      const isPrinted = flags.get('json') === true || toFiles !== undefined;
      if (isPrinted && last !== undefined) terminal.print(resultsLine(last.results));
    },
  };
}

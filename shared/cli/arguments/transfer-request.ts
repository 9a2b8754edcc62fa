import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { invalidParams } from '../../errors.ts';
import type { Verb } from '../../interface/params.ts';
import { knownParams } from '../../request/read-params.ts';
import { PROJECTED_TOKEN } from '../../interface/places/registry-token.ts';
import { parseRequest } from '../../request/request.ts';
import { STEP_MAX_TIME_MS } from '../../request/step-max-time.ts';
import { splitList } from '../../interface/text/split-list.ts';
import type { CacheRequest } from '../../request/protocol.ts';
import { isWithoutDirectory, readDirectories, requireDirectory, splitNamed } from './directories.ts';
import { readSettings } from './installation-settings.ts';
import { ITEM_OPTION, readLists } from './list-items.ts';
import { mountedRegistry } from './mounted-registry.ts';
import { HELP_OPTION, optionOf } from './options.ts';
import type { OptionRow, Options } from './options.ts';
import { dockerConfigs } from './docker-configs.ts';

const DIRECTORIES: readonly OptionRow[] = [
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
];

/** What is no param, and what StepActions and resolvers write. */
const OTHERS: readonly OptionRow[] = [
  ITEM_OPTION,
  { name: 'variable', kind: 'list', value: 'NAME=VALUE', meaning: 'a template variable: namespace, pipeline, ...' },
  { name: 'json', kind: 'flag', meaning: 'print the results as one JSON object on standard output' },
  {
    name: 'results-dir',
    kind: 'value',
    value: 'DIR',
    meaning:
      'write each result to a file, as a step of Tekton: max-time is 5m then, beside the wait for a garbage collection',
  },
  {
    name: 'registry-token',
    kind: 'value',
    value: 'DIR',
    meaning: `where the token for the registry of the installation is mounted, with the files \`registry\`, \`realm\`, \`ca.crt\` and \`provenance.pub\`; ${PROJECTED_TOKEN.directory} when absent`,
  },
  {
    name: 'cache',
    kind: 'list',
    value: 'JSON',
    meaning:
      'a directory to cache, with templates of its own, as resolvers write it: {"name", "dir", "target", "fallbacks", "aliases", "mode", ...}',
  },
  {
    name: 'settings',
    kind: 'value',
    value: 'JSON',
    meaning:
      'what an installation decides, as resolvers write it: {"limits", "compression", "insecureRegistries", "basicAuths", "registryToken", "verify"}',
  },
  {
    name: 'hashes',
    kind: 'value',
    value: 'FILE',
    meaning: 'where a fetch leaves the hash of each cache for the upload of the same Task, as resolvers write it',
  },
  { name: 'note', kind: 'list', value: 'TEXT', meaning: 'a line for the log, as resolvers write it' },
  HELP_OPTION,
];
const NO_PARAMS = new Set([...DIRECTORIES, ...OTHERS].map(({ name }) => name));

/** The options of `fetch` or `upload`, in the order of their help. */
export function transferOptions(verb: Verb): readonly OptionRow[] {
  return [...DIRECTORIES, ...knownParams([verb], 'cli').map(optionOf), ...OTHERS];
}

/** The request that the options of `fetch` or `upload` stand for. Throws InvalidParams. */
export function transferRequest(verb: Verb, options: Options, environment: NodeJS.ProcessEnv): CacheRequest {
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
    params: Object.fromEntries(params.filter(([name]) => !NO_PARAMS.has(name))),
    caches,
    variables: Object.fromEntries((lists.get('variable') ?? []).map((text) => splitNamed('variable', 'VALUE', text))),
    dockerConfigs: dockerConfigs(environment),
    ...(source === undefined ? {} : { source }),
    ...(asStep ? { defaults: { maxTimeMs: STEP_MAX_TIME_MS } } : {}),
    ...settings,
    ...(registryToken === undefined ? {} : { registryToken }),
  });
  const hashes = values.get('hashes');
  return {
    ...request,
    ...(hashes === undefined ? {} : { hashes: resolve(hashes) }),
    ...(asStep && (values.get('max-time') ?? '') === '' ? { countsWorkAlone: true } : {}),
    ...(basicAuths === undefined ? {} : { basicAuths }),
  };
}

/** A step gets its workspaces as one list, in which the path of an optional one that is not bound is empty. */
function boundWorkspaces(texts: readonly string[]): string[] {
  return texts.flatMap(splitList).filter((text) => !/^[^=]+=$/.test(text));
}

function boundCaches(texts: readonly string[]): string[] {
  return texts.filter((text) => !isWithoutDirectory(text));
}

/** A step all of whose caches are optional workspaces; the source is none of them. */
export function isNothingBound({ values, lists }: Options): boolean {
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

import { CacheError, ERROR_CODES } from '../errors.ts';
import { TERMINATION_LOG_BYTES } from './protocol.ts';
import type { CacheDirectory, CacheRequest, Limits } from './protocol.ts';
import { narrowMode } from '../interface/mode.ts';
import type { Surface, Verb } from '../interface/params.ts';
import { checkOwnTargets } from './own-targets.ts';
import { isUnexpanded, readParams } from './read-params.ts';
import type { ParamValues } from './read-params.ts';
import { checkRelative, normalPaths } from '../interface/relative-path.ts';
import { HASH_LENGTH, resultsRoom } from '../interface/results-room.ts';
import { parseRunAs } from '../interface/run-as.ts';
import { checkTemplate, expandIfGood, expandPartly, LATE_VARIABLES, usesHash } from './template.ts';
import type { TemplateValues } from './template.ts';

/** The workspace that holds the files to hash; every other one is a cache. */
export const SOURCE = 'source';

/** Of a report, kept for its sentences and its frame. */
const SENTENCE_BYTES = 400;

export interface RequestInput {
  readonly verb: Verb;
  readonly surface: Surface;
  /** As they were given; see readParams. */
  readonly params: Readonly<Record<string, unknown>>;
  /** Absolute directory of the workspace `source`. */
  readonly source?: string;
  /** Every other workspace, in order. Without one, `paths` in `source` are the cache. */
  readonly caches: readonly CacheDirectory[];
  /** The variables that are known now; `hash`, `workspace`, `arch` and `os` come later. */
  readonly variables: TemplateValues;
  readonly defaults?: { readonly target?: string; readonly maxTimeMs?: number };
  /** The run's annotation cache.tekton.dev/mode. */
  readonly modeAnnotation?: string;
  readonly limits?: Partial<Limits>;
  /** Directories searched for a docker config.json; the param `docker-config` comes before them. */
  readonly dockerConfigs: readonly string[];
  /** Where `insecure` is allowed (host[:port]); everywhere when absent. */
  readonly insecureRegistries?: readonly string[];
  readonly compression?: 'zstd' | 'gzip';
}

/** What is asked for, checked as far as it can be without looking at a file or a registry. Throws InvalidParams with a sentence. */
export function parseRequest(input: RequestInput): CacheRequest {
  const { verb, surface, source, limits, insecureRegistries, compression } = input;
  const lacking = lacksHash(input);
  const params = lacking === undefined ? input.params : { ...input.params, hash: undefined };
  const values = readParams({ verbs: [verb], surface, params });
  const given = values.target ?? input.defaults?.target ?? '';
  if (given === '') throw invalid('`target` is required: the image reference to keep the cache under.');
  const target = expandPartly(given, {});

  const files = values.files ?? [];
  const noHash = lacking === 'unexpanded' || (lacking === 'empty' && files.length === 0);
  const dockerConfig = values['docker-config'];

  const request: CacheRequest = {
    verb,
    target,
    files,
    ...(values.hash === undefined ? {} : { hash: values.hash }),
    ...(noHash ? { noHash } : {}),
    ...(source === undefined ? {} : { source }),
    ...directories(input, values),
    exclude: values.exclude ?? [],
    fallbacks: (values.fallbacks ?? []).map((fallback) => expandIfGood(fallback, {})),
    aliases: (values.aliases ?? []).map((alias) => expandPartly(alias, {})),
    mode: narrowMode(values.mode ?? 'pull-push', input.modeAnnotation),
    onMiss: values['on-miss'] ?? 'continue',
    onError: values['on-error'] ?? 'continue',
    clean: values.clean ?? false,
    force: values.force ?? false,
    maxTimeMs: values['max-time'] ?? input.defaults?.maxTimeMs ?? 0,
    insecure: values.insecure ?? false,
    ...(insecureRegistries === undefined ? {} : { insecureRegistries }),
    dockerConfigs: dockerConfig === undefined ? input.dockerConfigs : [dockerConfig, ...input.dockerConfigs],
    variables: input.variables,
    ...(limits === undefined ? {} : { limits }),
    ...(compression === undefined ? {} : { compression }),
  };
  if (values['run-as'] !== undefined) parseRunAs(values['run-as']);
  checkGlobs(request);
  checkTemplates(request, input.variables);
  if (verb === 'upload')
    checkOwnTargets(request.caches.map((cache) => ({ target, aliases: request.aliases, ...cache })));
  refuseWholeSource(request);
  checkInsecure(request);
  checkResults(request, surface);
  return request;
}

/**
 * An upload takes the hash of the fetch. When the fetch found no files that is empty, and when it never ran Tekton leaves the
 * reference in the step as it is: an outcome (`no-hash`), not a mistake, unless `files` are there to compute it from.
 */
function lacksHash({ verb, surface, params }: RequestInput): 'unexpanded' | 'empty' | undefined {
  if (verb !== 'upload') return undefined;
  if (surface === 'step' && isUnexpanded(params['hash'])) return 'unexpanded';
  return params['hash'] === '' ? 'empty' : undefined;
}

/** The caches, and the directories inside them. */
function directories(input: RequestInput, values: ParamValues): Pick<CacheRequest, 'caches' | 'paths'> {
  const paths = normalPaths(values.paths ?? []);
  if (input.caches.length > 0) return { caches: input.caches, paths };
  if (input.source === undefined) {
    throw invalid('There is no workspace: bind the one to cache, and `source` for the files to hash.');
  }
  if (values.paths === undefined || values.paths.length === 0) {
    throw invalid('`paths` is required when only the workspace `source` is bound: the directories in it to cache.');
  }
  return { caches: [{ name: SOURCE, dir: input.source }], paths };
}

function checkGlobs({ files, exclude }: CacheRequest): void {
  for (const glob of files) checkRelative('files', glob.replace(/^!/, ''));
  for (const glob of exclude) checkRelative('exclude', glob);
  if (files.length > 0 && files.every((glob) => glob.startsWith('!'))) {
    throw invalid('`files` holds excluding globs (`!`) only; name the files to hash as well.');
  }
}

function checkTemplates(request: CacheRequest, variables: TemplateValues): void {
  const templates = [request.target, ...request.fallbacks, ...request.aliases];
  for (const template of templates) checkTemplate(template, [...LATE_VARIABLES, ...Object.keys(variables)]);
  if (request.hash !== undefined || request.noHash === true) return;
  const hashed = templates.find(usesHash);
  if (request.files.length === 0) {
    if (hashed === undefined) return;
    throw invalid(`\`files\` is required (or \`hash\`), as ${JSON.stringify(hashed)} uses {{hash}}.`);
  }
  if (request.source === undefined) throw invalid('`files` needs the workspace `source`: the directory they are in.');
}

/** The sources would be stored under the hash of some of them, and laid over a later checkout with the same ones. */
function refuseWholeSource({ verb, source, files, hash, caches, paths }: CacheRequest): void {
  if (verb !== 'fetch' || files.length === 0 || hash !== undefined) return;
  // What a resolver moves from task to task, or has moved there before, has a target of its own.
  const keyed = caches.filter(({ target, join }) => target === undefined && join === undefined);
  const whole = keyed.find((cache) => cache.dir === source && (cache.paths ?? paths).length === 0);
  if (whole === undefined) return;
  throw invalid(
    `The workspace \`${whole.name}\` holds the \`files\` to hash. Cached whole, its sources would come back over those of a later checkout: ` +
      'say in `paths` which directories of it are the cache.',
  );
}

function checkInsecure({ insecure, insecureRegistries, target }: CacheRequest): void {
  if (!insecure || insecureRegistries === undefined || target.startsWith('oci:')) return;
  const registry = target.split('/')[0] ?? '';
  if (insecureRegistries.includes(registry)) return;
  throw invalid(
    `\`insecure\` is not allowed for registry ${JSON.stringify(registry)} here: the configuration of tekton-cache has to list it.`,
  );
}

/** The results of a CustomRun come back in its pod's termination message, next to sentences that can be cut. */
function checkResults({ verb, caches, hash }: CacheRequest, surface: Surface): void {
  if (hash !== undefined && hash.length > HASH_LENGTH)
    throw invalid(`\`hash\` has more than ${HASH_LENGTH} characters.`);
  // https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/reconciler/pipelinerun/resources/resultrefresolution.go
  if (hash?.startsWith('[')) throw invalid('`hash` begins with `[`: Tekton would take such a result for a list.');
  const names = caches.map(({ name }) => name);
  if (surface !== 'customrun' || resultsRoom(verb, names) <= TERMINATION_LOG_BYTES - SENTENCE_BYTES) return;
  throw invalid(`The results of ${names.length} caches do not fit into one run; use a run for each few of them.`);
}

function invalid(message: string): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message);
}

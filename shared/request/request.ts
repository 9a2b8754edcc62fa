import { invalidParams } from '../errors.ts';
import { narrowMode } from '../interface/mode.ts';
import type { Surface, Verb } from '../interface/params.ts';
import type { RegistryToken } from '../interface/places/registry-token.ts';
import { normalPaths } from '../interface/places/relative-path.ts';
import { stricter } from '../interface/verify.ts';
import type { Verify } from '../interface/verify.ts';
import { parseRunAs } from '../interface/run-as.ts';
import type { RunAs } from '../interface/run-as.ts';
import { readPresets } from '../presets/choice.ts';
import type { AutoOrNamed } from '../presets/choice.ts';
import { keyVariables } from './key-variables.ts';
import { CACHES_BELOW_SOURCE, presetCaches, withKeyOf } from './preset-caches.ts';
import type { CachesRoot } from './preset-caches.ts';
import type { CacheDirectory, CacheRequest, Limits } from './protocol.ts';
import { defaultTargetFor, isInRegistry } from './default-target.ts';
import { isUnexpanded, readParams } from './read-params.ts';
import type { ParamValues } from './read-params.ts';
import { checkRequest } from './request-checks.ts';
import { expandIfGood, expandPartly, repositoryOfTemplate } from './template.ts';
import type { TemplateValues } from './template.ts';

/** The workspace that holds the files to hash; every other one is a cache. */
export const SOURCE = 'source';

export interface RequestInput {
  readonly verb: Verb;
  readonly surface: Surface;
  /** The params as the user gave them; see readParams. */
  readonly params: Readonly<Record<string, unknown>>;
  /** What readParams gave for `params`, where the caller has read them. */
  readonly values?: ParamValues;
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
  /** Part of the request where some target of it is in this registry. */
  readonly registryToken?: RegistryToken;
  /** What the configuration asks for; the param may ask for more. */
  readonly verify?: Verify;
}

/** What is asked for, checked as far as it can be without looking at a file or a registry. Throws InvalidParams with a sentence. */
export function parseRequest(input: RequestInput): CacheRequest {
  return parseAsked(input).request;
}

/** A request, and what of the params is for who runs it. */
export interface Asked {
  readonly request: CacheRequest;
  readonly runAs?: RunAs;
}

/** The same, with the user that the helper is to run as. */
export function parseAsked(input: RequestInput): Asked {
  const { verb, surface, source, limits, insecureRegistries, compression, registryToken } = input;
  const lacking = lacksHash(input);
  const params = lacking === undefined ? input.params : { ...input.params, hash: undefined };
  const values = input.values ?? readParams({ verbs: [verb], surface, params });
  const choice = values.preset === undefined ? undefined : readPresets(values.preset);
  const given = values.target ?? defaultTarget(input, choice) ?? '';
  if (given === '') throw invalidParams('`target` is required: the image reference to keep the cache under.');
  const target = expandPartly(given, {});

  const files = values.files ?? [];
  const noHash = lacking === 'unexpanded' || (lacking === 'empty' && files.length === 0 && choice === undefined);
  const dockerConfig = values['docker-config'];
  const verify = stricter(values.verify, input.verify);
  const variables = { ...input.variables, ...keyVariables(values) };

  const plain: CacheRequest = {
    verb,
    target,
    files,
    ...(values.hash === undefined ? {} : { hash: values.hash }),
    ...(noHash ? { noHash } : {}),
    ...(source === undefined ? {} : { source }),
    caches: [],
    paths: normalPaths(values.paths ?? []),
    exclude: values.exclude ?? [],
    fallbacks: (values.fallbacks ?? []).map((fallback) => expandIfGood(fallback, {})),
    aliases: (values.aliases ?? []).map((alias) => expandPartly(alias, {})),
    mode: narrowMode(values.mode ?? 'pull-push', input.modeAnnotation),
    onMiss: values['on-miss'] ?? 'continue',
    onError: values['on-error'] ?? 'continue',
    ...(verify === 'off' ? {} : { verify }),
    clean: values.clean ?? false,
    force: values.force ?? false,
    ...(values['on-change'] === undefined ? {} : { onChange: values['on-change'] }),
    ...(values['max-size'] === undefined ? {} : { maxSize: values['max-size'] }),
    maxTimeMs: values['max-time'] ?? input.defaults?.maxTimeMs ?? 0,
    insecure: values.insecure ?? false,
    ...(insecureRegistries === undefined ? {} : { insecureRegistries }),
    dockerConfigs: dockerConfig === undefined ? input.dockerConfigs : [dockerConfig, ...input.dockerConfigs],
    variables,
    ...(limits === undefined ? {} : { limits }),
    ...(compression === undefined ? {} : { compression }),
  };
  const asked = { ...plain, ...directories(plain, input, choice) };
  const used = registryToken !== undefined && isInRegistry(registryToken.registry, templatesOf(asked));
  const request = used ? { ...asked, registryToken } : asked;
  const runAs = values['run-as'] === undefined ? {} : { runAs: parseRunAs(values['run-as']) };
  checkRequest(request, surface);
  return { request, ...runAs };
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

/** The configuration's target. A preset takes only its repository, because the tags of a preset tell its caches apart. */
function defaultTarget(input: RequestInput, choice: AutoOrNamed | undefined): string | undefined {
  const { defaults, variables, registryToken } = input;
  if (defaults?.target === undefined) return undefined;
  const target = defaultTargetFor(defaults.target, variables, registryToken?.registry);
  return choice === undefined ? target : repositoryOfTemplate(target);
}

/** All templates that may name a repository. */
function templatesOf({ target, fallbacks, aliases, caches }: CacheRequest): string[] {
  const own = caches.flatMap((cache) => [
    ...[cache.target, cache.travels?.target].filter((text) => text !== undefined),
    ...(cache.fallbacks ?? []),
    ...(cache.aliases ?? []),
    ...(cache.join?.base ?? []),
    ...(cache.join?.nodes ?? []).flatMap(({ targets }) => targets),
  ]);
  return [target, ...fallbacks, ...aliases, ...own];
}

type Directories = Pick<CacheRequest, 'caches' | 'auto'>;

/** The caches: the workspaces, or those of presets below one of them. */
function directories(request: CacheRequest, input: RequestInput, choice: AutoOrNamed | undefined): Directories {
  if (input.caches.length === 0 && input.source === undefined) {
    throw invalidParams('There is no workspace: bind the one to cache, and `source` for the files to hash.');
  }
  if (choice === undefined) return { caches: workspaces(request, input) };
  const hashed = request.hash !== undefined || request.noHash === true;
  if (input.source === undefined && (choice.kind === 'auto' || !hashed)) {
    throw invalidParams('`preset` needs the workspace `source`: the files that say what is to be cached.');
  }
  if (request.paths.length > 0) return { caches: withPaths(request, input, choice) };
  const root = rootOf(input);
  return choice.kind === 'auto' ? { caches: [], auto: root } : { caches: presetCaches(choice.presets, root, request) };
}

function workspaces({ paths }: CacheRequest, { source, caches, params }: RequestInput): readonly CacheDirectory[] {
  if (caches.length > 0 || source === undefined) return caches;
  // `.` says on purpose that all of it is cached. No `paths` at all may be a mistake.
  if (paths.length === 0 && isAbsent(params['paths'])) {
    throw invalidParams(
      '`paths` is required when only the workspace `source` is bound: the directories in it to cache.',
    );
  }
  return [{ name: SOURCE, dir: source }];
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
}

/** The user's own directories, with the key of a preset. */
function withPaths(request: CacheRequest, input: RequestInput, choice: AutoOrNamed): CacheDirectory[] {
  const [preset, other] = choice.kind === 'named' ? choice.presets : [];
  if (preset === undefined || other !== undefined) {
    throw invalidParams('`paths` go with one preset by its name: they are the directories that its key is for.');
  }
  return withKeyOf(preset, workspaces(request, input), request);
}

/** Where the caches of presets are: in the one workspace besides `source`, or in a directory of `source`. */
function rootOf({ source, caches }: RequestInput): CachesRoot {
  const [cache, other] = caches;
  if (other !== undefined) {
    throw invalidParams('With a `preset` bind one workspace besides `source`, for all of its caches; or give `paths`.');
  }
  if (cache === undefined) return { dir: `${source}/${CACHES_BELOW_SOURCE}` };
  const { dir, readOnly } = cache;
  return { dir, ...(readOnly === true ? { readOnly } : {}) };
}

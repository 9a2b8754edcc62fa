import { invalidParams } from '../errors.ts';
import { readGlobs } from '../glob/glob.ts';
import { TERMINATION_LOG_BYTES } from './protocol.ts';
import type { CacheRequest } from './protocol.ts';
import { checkOwnTargets } from './own-targets.ts';
import type { Surface } from '../interface/params.ts';
import { checkRegistryToken } from '../interface/places/registry-token.ts';
import { checkRelative } from '../interface/places/relative-path.ts';
import { HASH_LENGTH, resultsRoom } from '../interface/results/results-room.ts';
import { checkTemplate, LATE_VARIABLES, sampleTarget, usesHash } from './template.ts';

/** Bytes of a report that are kept for its sentences and its frame. */
const SENTENCE_BYTES = 400;

/** Checks what no single param shows. Throws InvalidParams with a sentence. */
export function checkRequest(request: CacheRequest, surface: Surface): void {
  const { verb, target, aliases, caches, registryToken } = request;
  checkGlobs(request);
  checkTemplates(request);
  const ofPresets = caches.some(({ files }) => files !== undefined);
  if (verb === 'upload' || ofPresets) checkOwnTargets(caches.map((cache) => ({ target, aliases, ...cache })));
  refuseWholeSource(request);
  checkInsecure(request);
  if (registryToken !== undefined) checkRegistryToken(registryToken);
  checkResults(request, surface);
}

function checkGlobs({ files, exclude }: CacheRequest): void {
  for (const glob of files) checkRelative('files', glob.replace(/^!/, ''));
  for (const glob of exclude) checkRelative('exclude', glob.replace(/^!/, ''));
  readGlobs('files', files);
  readGlobs('exclude', exclude);
  if (files.length > 0 && files.every((glob) => glob.startsWith('!'))) {
    throw invalidParams('`files` holds excluding globs (`!`) only; name the files to hash as well.');
  }
}

function checkTemplates(request: CacheRequest): void {
  const known = [...LATE_VARIABLES, ...Object.keys(request.variables)];
  const shared = {
    target: request.target,
    fallbacks: request.fallbacks,
    aliases: request.aliases,
    files: request.files,
  };
  for (const { target, fallbacks, aliases } of [shared, ...request.caches]) {
    for (const template of [target ?? '', ...(fallbacks ?? []), ...(aliases ?? [])]) checkTemplate(template, known);
    // The helper passes over a bad fallback when its turn comes.
    for (const template of [target ?? '', ...(aliases ?? []).filter(isWhole)])
      if (template !== '') sampleTarget(template);
  }
  if (request.hash !== undefined || request.noHash === true) return;
  const templates = [request.target, ...request.fallbacks, ...request.aliases];
  const ownFiles = request.auto !== undefined || request.caches.some(({ files }) => files !== undefined);
  const hashed = templates.find(usesHash);
  if (request.files.length === 0) {
    if (hashed === undefined || ownFiles) return;
    throw invalidParams(`\`files\` is required (or \`hash\`), as ${JSON.stringify(hashed)} uses {{hash}}.`);
  }
  if (request.source === undefined)
    throw invalidParams('`files` needs the workspace `source`: the directory they are in.');
}

/** The sources would be stored under the hash of some of them, and laid over a later checkout with the same ones. */
function refuseWholeSource({ verb, source, files, hash, caches, paths }: CacheRequest): void {
  if (verb !== 'fetch' || files.length === 0 || hash !== undefined) return;
  // What a resolver moves from task to task, or has moved there before, has a target of its own.
  const keyed = caches.filter(({ target, join }) => target === undefined && join === undefined);
  const whole = keyed.find((cache) => cache.dir === source && (cache.paths ?? paths).length === 0);
  if (whole === undefined) return;
  throw invalidParams(
    `The workspace \`${whole.name}\` holds the \`files\` to hash. Cached whole, its sources would come back over those of a later checkout: ` +
      'say in `paths` which directories of it are the cache.',
  );
}

/** An alias without a repository is a tag beside the target. */
function isWhole(alias: string): boolean {
  return /[/:@]/.test(alias);
}

function checkInsecure({ insecure, insecureRegistries, target }: CacheRequest): void {
  if (!insecure || insecureRegistries === undefined) return;
  const named = sampleTarget(target);
  // A host without a dot is listed as it is written.
  const written = target.split('/')[0] ?? '';
  if (named.kind === 'layout' || [named.registry, written].some((name) => insecureRegistries.includes(name))) return;
  const { registry } = named;
  throw invalidParams(
    `\`insecure\` is not allowed for registry ${JSON.stringify(registry)} here: the configuration of tekton-cache has to list it.`,
  );
}

/** The results of a CustomRun come back in its pod's termination message, next to sentences that can be cut. */
function checkResults({ verb, caches, hash }: CacheRequest, surface: Surface): void {
  if (hash !== undefined && hash.length > HASH_LENGTH)
    throw invalidParams(`\`hash\` has more than ${HASH_LENGTH} characters.`);
  // https://github.com/tektoncd/pipeline/blob/v1.15.0/pkg/reconciler/pipelinerun/resources/resultrefresolution.go
  if (hash?.startsWith('[')) throw invalidParams('`hash` begins with `[`: Tekton would take such a result for a list.');
  const names = caches.map(({ name }) => name);
  if (surface !== 'customrun' || resultsRoom(verb, names) <= TERMINATION_LOG_BYTES - SENTENCE_BYTES) return;
  throw invalidParams(`The results of ${names.length} caches do not fit into one run; use a run for each few of them.`);
}

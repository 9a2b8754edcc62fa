/** Which of the two steps of a task hashes the files, where the key is made of files. */
import { invalidParams } from '../../errors.ts';
import type { CacheError } from '../../errors.ts';
import type { Verb } from '../../interface/params.ts';
import { usesHash } from '../../request/template.ts';
import type { Key } from './key.ts';
import type { CachePlan, Transfer } from './plan.ts';
import type { Resolver } from '../tekton/read/reference.ts';

export interface HashPlanInput {
  /** The pipeline task, for `{{task}}` and for messages. */
  readonly task: string;
  readonly resolver: Resolver;
  readonly key: Key;
  readonly caches: readonly CachePlan[];
  /** The workspace of the Pipeline with the files to hash, and its name in this Task, if it is there. */
  readonly source: { readonly name: string; readonly workspace?: string };
}

interface HashPlan {
  readonly fetchHashes: boolean;
  readonly uploadHashes: boolean;
  /** The upload goes by the hash of the fetch: its own, or that of the entry that it found. Where that is empty, `uploadHashes` counts. */
  readonly hashFromFetch: boolean;
}

/** @throws CacheError `InvalidParams` where a hash is needed that this task cannot make */
export function planHash(input: HashPlanInput): HashPlan {
  const { resolver, key, caches, source } = input;
  const fetches = caches.flatMap(({ fetch }) => fetch ?? []);
  const uploads = caches.flatMap(({ upload }) => upload ?? []);
  const canHash = isHashable(input);
  const needed = fetches.some((fetch) => (byKey(fetch) ? key.hashed : usesHash(fetch.target ?? '')));
  if (needed && !canHash) throw lacksSource(input, 'fetch');

  const wrap = resolver === 'wrap';
  // The fetch and the task bring the files of the key. They are there when the task has ended, and may be missing before.
  const brought = caches.some(({ fetch, workspace }) => fetch !== undefined && workspace === source.workspace);
  const hashLater = wrap && brought && canHash;
  const fallsBackToKey = fetches.some((fetch) =>
    [...(fetch.fallbacks ?? []), ...(fetch.join?.base ?? [])].some(usesHash),
  );
  const keyAfterBase = wrap && key.hashed && fetches.length > 0 && uploads.length > 0 && !hashLater;

  // The fetch of the next run looks for the hash that its files have before the task. A task may change the files of its key, so the upload takes the
  // hash of the fetch.
  const hashFromFetch = fetches.length > 0 && uploads.length > 0 && key.hashed && (needed || !hashLater);
  const uploadHashes = uploads.length > 0 && key.hashed && canHash && (hashLater || !hashFromFetch);
  if (uploads.some(byKey) && key.hashed && !hashFromFetch && !uploadHashes) throw lacksSource(input, 'upload');
  return { fetchHashes: canHash && (needed || fallsBackToKey || keyAfterBase), uploadHashes, hashFromFetch };
}

/** Is its target the key, and not a handoff? */
export function byKey({ target, join }: Transfer): boolean {
  return target === undefined && join === undefined;
}

/** Can the task make the hash? It needs `files`, and the workspace that they lie in. */
export function isHashable({ key, source }: Pick<HashPlanInput, 'key' | 'source'>): boolean {
  return key.files.length > 0 && source.workspace !== undefined;
}

function lacksSource({ task, key, source }: HashPlanInput, verb: Verb): CacheError {
  const does = verb === 'fetch' ? 'is the first to use a cached workspace' : 'is the last to use a cached workspace';
  const why =
    key.files.length === 0
      ? '`files` is required: the files whose hash is {{hash}}.'
      : `Task \`${task}\` ${does}, but does not have the workspace \`${source.name}\` with the \`files\` to hash. ` +
        `Bind it there, ${verb === 'upload' ? 'use `via: customrun`, ' : ''}or name the task in \`skip-tasks\`.`;
  return invalidParams(why);
}

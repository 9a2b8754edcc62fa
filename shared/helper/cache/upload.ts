import { existsSync } from 'node:fs';
import { asCacheError } from '../../errors.ts';
import type { EntryUpload, UploadOutcome } from '../../entry/entry.ts';
import { ENTRY_ANNOTATIONS } from '../../request/protocol.ts';
import { repositoryOfTemplate } from '../../request/template.ts';
import { writtenAs } from '../../scope/scoped-reference.ts';
import { attest } from './attest.ts';
import { aliasTag, aliasTemplate, tagOf } from './alias.ts';
import { basesOf } from './bases.ts';
import { disabled, entryPart, expand, isAllowed, lacksHash } from './cache-work.ts';
import type { CacheOutcome, CacheWork } from './cache-work.ts';
import { refuseLayoutItself } from './layouts-within.ts';
import { parseTarget } from '../../store/reference.ts';
import { repositoryOf } from './stores.ts';
import { amountsNote, storedAmounts } from '../report/amounts.ts';
import { progressLines } from '../report/progress.ts';
import { logText, reasonOf } from '../report/reason-of-error.ts';

/** Stores one cache under its target and the aliases, and sees to it that later tasks of the run find it. */
export async function uploadCache(work: CacheWork): Promise<CacheOutcome> {
  const { travels, ...own } = work.cache;
  const outcome = await uploadKey(work);
  if (travels === undefined || (hasEntry(outcome) && outcome.leadsOn !== false)) return outcome;
  const { target, keepMs } = travels;
  const origins = [...(own.origins ?? []), repositoryOfTemplate(own.target ?? work.request.target)];
  const moved = await uploadKey({
    ...work,
    cache: { ...own, target, aliases: [], mode: 'pull-push', keepMs, origins },
  });
  const error = outcome.error ?? moved.error;
  return {
    ...outcome,
    notes: [...outcome.notes, moved.sentence, ...moved.notes],
    ...(error === undefined ? {} : { error }),
  };
}

/** Switched off, without a hash, empty, or failed: no entry that the alias could lead to, although the content is to move on. */
function hasEntry({ results, error }: CacheOutcome): boolean {
  return error === undefined && results.target !== undefined && results.reason !== 'empty';
}

interface KeyOutcome extends CacheOutcome {
  /** False when later tasks do not find the entry by its alias. */
  readonly leadsOn?: boolean;
}

async function uploadKey(work: CacheWork): Promise<KeyOutcome> {
  const { cache, request } = work;
  if (!isAllowed(request, cache)) return disabled(work);
  const template = cache.target ?? request.target;
  const unhashed = lacksHash(template, work);
  if (unhashed !== undefined) return unhashed;
  if (cache.mayBeMissing === true && !existsSync(cache.dir)) return notMade(work);

  let target: string | undefined;
  try {
    const asked = expand(template, work);
    target = writtenAs(asked, work.scoped);
    tagOf('target', target);
    const uploaded = await uploadEntry({ asked, target }, work);
    const outcome = stored(uploaded, target, cache.dir);
    const attested = uploaded.uploaded ? await attestEntry(uploaded, target, work) : [];
    return {
      ...outcome,
      notes: [...outcome.notes, ...attested],
      leadsOn:
        !isUnmoved(cache.travels?.target, uploaded, target, work) && !isApart(cache.travels?.target, target, work),
    };
  } catch (caught) {
    const error = asCacheError(caught);
    const results = { reason: reasonOf(error), ...(target === undefined ? {} : { target }) };
    return { results, sentence: error.message, error, notes: [logText(error)] };
  }
}

/** Attests by the store that the entry went to: its token service knows this run. */
async function attestEntry({ digest }: UploadOutcome, target: string, work: CacheWork): Promise<readonly string[]> {
  const { store } = await work.stores.find(target);
  return attest(store, digest, work.signal);
}

/** The tool had nothing to do, or does not use the directory. */
function notMade({ cache }: CacheWork): CacheOutcome {
  const sentence = `Nothing made the directory ${cache.dir}. The tool did not run, or it keeps its files elsewhere: a setting of the project wins, or the steps lack the variables that \`tekton-cache presets\` shows.`;
  return { results: { reason: 'empty' }, sentence, notes: [sentence] };
}

interface UploadTarget {
  /** The target as the user wrote it. */
  readonly asked: string;
  /** The same in the place of this run. */
  readonly target: string;
}

async function uploadEntry({ asked, target }: UploadTarget, work: CacheWork): Promise<UploadOutcome> {
  const { cache, request, stores, entries, log } = work;
  refuseLayoutItself(cache.dir, target);
  const { store, reference } = await stores.find(target);
  const aliases = [
    ...(cache.aliases ?? request.aliases),
    ...(cache.travels === undefined || isApart(cache.travels.target, target, work) ? [] : [cache.travels.target]),
  ]
    .map((alias) => aliasTemplate(alias, asked))
    // An alias with `{{hash}}` has no name while there is no hash.
    .filter((alias) => lacksHash(alias, work) === undefined)
    .map((alias) => expand(alias, work));
  return entries.upload({
    ...entryPart(work, [target]),
    store,
    reference,
    aliases: aliases.map((alias) => aliasTag(writtenAs(alias, work.scoped), target)),
    bases: await basesOf([...aliases.slice(0, 1), asked], target, work),
    readOnly: cache.readOnly ?? false,
    ...boundsOf(work),
    // Mode `push` refreshes the cache without a fetch: that nothing has changed says little then, and everything is sent.
    force: request.force || (cache.mode ?? request.mode) === 'push',
    leaveOutChanging: request.onChange === 'leave-out',
    // What a task has removed is missing in the next one as well.
    evenEmpty: cache.keepMs !== undefined,
    annotations: annotations(work),
    ...(request.compression === undefined ? {} : { compression: request.compression }),
    progress: progressLines(cache.name, log),
  });
}

/** Is the handoff kept in another repository than the entry? No tag beside the entry leads there. */
function isApart(travels: string | undefined, target: string, work: CacheWork): boolean {
  if (travels === undefined || !/[/:@]/.test(travels)) return false;
  const place = writtenAs(expand(travels, work), work.scoped);
  return repositoryOf(parseTarget(place)) !== repositoryOf(parseTarget(target));
}

function isUnmoved(
  alias: string | undefined,
  { unmoved = [] }: UploadOutcome,
  target: string,
  work: CacheWork,
): boolean {
  if (alias === undefined || unmoved.length === 0) return false;
  const template = aliasTemplate(alias, target);
  if (lacksHash(template, work) !== undefined) return false;
  const tag = aliasTag(writtenAs(expand(template, work), work.scoped), target);
  return unmoved.some((each) => each.alias === tag);
}

/**
 * A preset's cache has the bounds of the presets' table: only there the tool is known to cope with files that are gone. Other caches have the
 * user's.
 */
function boundsOf({ cache, request }: CacheWork): Pick<EntryUpload, 'maxSize' | 'eviction'> {
  const maxSize = cache.mayBeMissing === true ? cache.maxSize : (cache.maxSize ?? request.maxSize);
  return {
    ...(maxSize === undefined ? {} : { maxSize }),
    ...(cache.eviction === undefined ? {} : { eviction: cache.eviction }),
  };
}

function annotations({ cache, hash }: CacheWork): Record<string, string> {
  return {
    ...(hash?.hash === undefined ? {} : { [ENTRY_ANNOTATIONS.hash]: hash.hash }),
    ...(cache.keepMs === undefined
      ? {}
      : { [ENTRY_ANNOTATIONS.expires]: new Date(Date.now() + cache.keepMs).toISOString() }),
  };
}

function stored(outcome: UploadOutcome, target: string, dir: string): CacheOutcome {
  const { uploaded, reason, digest, size, bytesSent, notes, unmoved = [] } = outcome;
  const amounts = storedAmounts({ size, moved: bytesSent });
  const sentence = {
    pushed: `Uploaded ${target}: ${amounts}.`,
    unchanged: `${target} holds this content already.`,
    empty: `There is nothing to upload to ${target}: no file and no link of the cache is in ${dir}.`,
  }[reason];
  const aliases = unmoved.map(({ alias, message }) => `The alias ${alias} was not moved: ${message}`);
  return {
    results: { uploaded: String(uploaded), reason, target, digest, size: String(size), bytes: String(bytesSent) },
    sentence: [sentence, ...aliases].join(' '),
    notes: [reason === 'empty' ? sentence : amountsNote(amounts, digest), ...notes, ...aliases],
  };
}

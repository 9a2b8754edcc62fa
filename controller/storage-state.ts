/** What the housekeeper tells the token service, as data of the ConfigMap `STORAGE_STATE`. */
import { namespaceOf } from '../shared/scope/place.ts';
import type { Withholding } from '../shared/scope/pushes.ts';

/** Times in milliseconds since 1970. */
export interface CollectionWindow {
  /** From then on no push token that was given before is good any more: the registry may collect its garbage. */
  readonly after: number;
  /** Until then pushes are held, whatever has become of the housekeeper. */
  readonly before: number;
}

/** The last push token ends so long before the registry may collect: 60 s that registries allow for clocks, and 90 s for pushes under way. */
const LAST_PUSH_MS = 150_000;
/** A token for less time would end before its client has done much with it. */
const SHORTEST_TOKEN_MS = 60_000;

/** While the registry collects, whoever waits for the end asks so often. */
const COLLECTING_S = 5;

type Data = Readonly<Record<string, string>>;

/** The window in which the registry may be collected, in whole seconds, as the shell of the collector compares them. */
const AFTER = 'collect-after';
const BEFORE = 'collect-before';
const HELD = 'held-at';
const COLLECTED = 'collected-at';
const FULL = 'full';
/**
 * Clocks never differ by more where pushes are held: the housekeeper compares its clock with the registry's, and the registry refuses tokens of
 * another time.
 */
const CLOCKS_MS = 600_000;

/** Undefined where there is none, or something that is none. */
export function readWindow(data: Data): CollectionWindow | undefined {
  const [after, before] = [secondsIn(data[AFTER]), secondsIn(data[BEFORE])];
  return after === undefined || before === undefined ? undefined : { after: after * 1000, before: before * 1000 };
}

/**
 * The window that is not over. A window that seems to begin in the future was opened by a clock that was ahead. It does not count, or pushes would be
 * held until that time.
 */
export function currentWindow(data: Data, now: number): CollectionWindow | undefined {
  const window = readWindow(data);
  const isAhead = (readHeldAt(data) ?? now) - now > CLOCKS_MS;
  return window === undefined || isAhead || now >= window.before ? undefined : window;
}

/** The change of the data that sets the window, or removes it. */
export function windowChange(window: CollectionWindow | undefined): Readonly<Record<string, string | null>> {
  return {
    [AFTER]: window === undefined ? null : String(Math.ceil(window.after / 1000)),
    [BEFORE]: window === undefined ? null : String(Math.floor(window.before / 1000)),
  };
}

/** When pushes were held last, however that ended. */
export function readHeldAt(data: Data): number | undefined {
  const seconds = secondsIn(data[HELD]);
  return seconds === undefined ? undefined : seconds * 1000;
}

export const heldChange = (at: number): Data => ({ [HELD]: String(Math.floor(at / 1000)) });

/** When the registry collected its garbage last. */
export function readCollectedAt(data: Data): number | undefined {
  const seconds = secondsIn(data[COLLECTED]);
  return seconds === undefined ? undefined : seconds * 1000;
}

export const collectedChange = (at: number): Data => ({ [COLLECTED]: String(Math.floor(at / 1000)) });

/** Why nobody may push to a repository now, where policy would let them. */
export function withholdingOf(data: Data, repository: string, now: number): Withholding | undefined {
  const pause = pauseOf(data, now);
  if (pause !== undefined) return { for: 'collection', why: pause, retryAfterS: secondsToCollection(data, now) };
  const full = fullnessOf(data, repository);
  return full === undefined ? undefined : { for: 'quota', why: full };
}

/** When a push token that is given now has to end at the latest; undefined where no collection is to come. */
export function pushesEndAt(data: Data, now: number): number | undefined {
  const window = currentWindow(data, now);
  return window === undefined ? undefined : window.after - LAST_PUSH_MS;
}

/** Why nobody may push now; undefined where they may. */
export function pauseOf(data: Data, now: number): string | undefined {
  const window = currentWindow(data, now);
  if (window === undefined || now + SHORTEST_TOKEN_MS <= window.after - LAST_PUSH_MS) return undefined;
  return `the registry collects its garbage: nobody pushes until ${new Date(window.before).toISOString()} at the latest`;
}

/** Pushes do not go on before the registry has begun to collect; nobody knows how long that takes. */
function secondsToCollection(data: Data, now: number): number {
  const begin = currentWindow(data, now)?.after ?? now;
  return Math.max(COLLECTING_S, Math.ceil((begin - now) / 1000));
}

/** The change that says whose quota is passed, where pushes are refused past one: namespaces, or `*` for all together. */
export const fullChange = (full: readonly string[]): Readonly<Record<string, string | null>> => ({
  [FULL]: full.length === 0 ? null : full.join(' '),
});

/** Why nobody may push to a repository, as a quota is passed; undefined where none is. */
function fullnessOf(data: Data, repository: string): string | undefined {
  const full = (data[FULL] ?? '').split(' ');
  const namespace = namespaceOf(repository);
  if (full.includes('*')) return 'quota: the registry holds as much as it may in all';
  return full.includes(namespace) ? `quota: the namespace ${namespace} holds as much as it may` : undefined;
}

function secondsIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
}

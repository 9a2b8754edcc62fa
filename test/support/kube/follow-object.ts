import { setTimeout as pause } from 'node:timers/promises';

import type { KubeAnswer, KubeConnection, KubeRequest } from './connection.ts';
import { KubeError } from './connection.ts';
import type { KubeObject } from './object.ts';

/** One object, and what reads it. */
interface Followed {
  readonly connection: Pick<KubeConnection, 'stream'>;
  /** Fails for any answer other than success. */
  readonly request: (request: KubeRequest) => Promise<KubeAnswer>;
  /** Of the collection that the object is in. */
  readonly path: string;
  readonly name: string;
}

interface ObjectList<T> {
  readonly metadata: { readonly resourceVersion: string };
  readonly items: readonly T[];
}

interface WatchEvent<T> {
  readonly type: string;
  readonly object: T;
}

/** An object as it was when it was what somebody waited for; nothing where it was gone. */
interface Sight<T> {
  readonly object: T | undefined;
}

const CHANGES = ['ADDED', 'MODIFIED', 'DELETED'];
/** Between the end of a watch and the next list. */
const PAUSE_MS = 100;
/** Between two looks at an object that does not change: what is waited for may be a time as well. */
const LOOK_MS = 500;

/**
 * Shows `isIt` an object as it is, undefined where there is none, and again whenever it changes and twice a second, until that holds. A
 * watch misses no state, and costs the API server nothing while nothing happens; polls did, at each look.
 *
 * @returns nothing where the signal came before
 */
export async function followObject<T extends KubeObject>(
  { connection, request, path, name }: Followed,
  isIt: (object: T | undefined) => boolean,
  signal: AbortSignal,
): Promise<Sight<T> | undefined> {
  const query = `?fieldSelector=${encodeURIComponent(`metadata.name=${name}`)}`;
  while (!signal.aborted) {
    const list = await listOf<T>(request, `${path}${query}`);
    const [object] = list?.items ?? [];
    if (isIt(object)) return { object };
    if (list) {
      const watch = `${path}${query}&watch=1&resourceVersion=${list.metadata.resourceVersion}`;
      const sight = await watchUntil({ connection, path: watch, object }, isIt, signal);
      if (sight) return sight;
    }
    // The API server ends a watch when it likes to, or does not know the version any more.
    await pause(PAUSE_MS);
  }
  return undefined;
}

/** Nothing where the kind is not served yet, as just after its definition. */
async function listOf<T>(request: Followed['request'], path: string): Promise<ObjectList<T> | undefined> {
  try {
    const list: ObjectList<T> = JSON.parse((await request({ method: 'GET', path })).body);
    return list;
  } catch (error) {
    if (error instanceof KubeError && error.status === 404) return undefined;
    throw error;
  }
}

interface Watched<T> {
  readonly connection: Followed['connection'];
  readonly path: string;
  /** As it was when the watch began. */
  readonly object: T | undefined;
}

async function watchUntil<T>(
  { connection, path, object }: Watched<T>,
  isIt: (object: T | undefined) => boolean,
  signal: AbortSignal,
): Promise<Sight<T> | undefined> {
  const end = new AbortController();
  let latest = object;
  let outcome: Sight<T> | { readonly failure: unknown } | undefined;
  const look = (line?: string): void => {
    if (outcome !== undefined) return;
    try {
      const event: WatchEvent<T> | undefined = line === undefined ? undefined : JSON.parse(line);
      // A bookmark or an error says nothing about the object.
      if (event !== undefined && !CHANGES.includes(event.type)) return;
      if (event !== undefined) latest = event.type === 'DELETED' ? undefined : event.object;
      if (isIt(latest)) outcome = { object: latest };
    } catch (failure) {
      outcome = { failure };
    }
    if (outcome !== undefined) end.abort();
  };
  const looking = setInterval(look, LOOK_MS);
  // What breaks a connection is told by the list that comes next.
  await connection.stream(path, look, AbortSignal.any([signal, end.signal])).catch(() => undefined);
  clearInterval(looking);
  if (outcome !== undefined && 'failure' in outcome) throw outcome.failure;
  return outcome;
}

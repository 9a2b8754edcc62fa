/**
 * The steps in which a fetch changes a directory. Each can be repeated and taken back, and the file system shows what it has done. So a run
 * that was killed at any point can be finished or undone.
 */
import * as fs from 'node:fs';
import { exists, msOf, setAttributes, setMode, statsAt, type Attributes } from '../files/attributes.ts';
import { errnoOf, isGone } from '../files/errno.ts';
import { hasTime } from '../files/state/file-state.ts';
import { pathProblem } from '../paths/path.ts';
import type { Places } from './places.ts';

/** Paths are byte strings relative to the workspace; the empty one is the workspace itself. */
export type Operation =
  /** Remembers the attributes of what the next operations change, and makes a directory writable for them. */
  | { readonly kind: 'keep'; readonly path: string; readonly attributes: Attributes; readonly open: boolean }
  /** Moves a staged file, link or whole directory to where nothing is. */
  | { readonly kind: 'place'; readonly path: string }
  /** Moves what is there into a slot, and what is staged to its place. `stamp`: of what was found, where that is known. */
  | { readonly kind: 'replace'; readonly path: string; readonly slot: number; readonly stamp?: string | undefined }
  /** Moves what is there into a slot. */
  | { readonly kind: 'remove'; readonly path: string; readonly slot: number; readonly stamp?: string | undefined }
  /** Sets attributes. `before`: those of what stays in its place; `stamp`: of what was found, or `STAGED`. */
  | {
      readonly kind: 'set';
      readonly path: string;
      readonly attributes: Attributes;
      readonly before?: Attributes | undefined;
      readonly stamp?: string | undefined;
    };

/** Stands in the place of a stamp where an earlier operation moves in the thing whose attributes are set. */
export const STAGED = 'staged';

/**
 * `again`: the operation may have been done already, in part or whole, by a process that was killed. Other programs may have worked in the
 * workspace since.
 */
export type Turn = 'first' | 'again';

/** Performs an operation. Returns false where it is superseded, and changes nothing then. */
export function perform(operation: Operation, places: Places, turn: Turn): boolean {
  const again = turn === 'again';
  if (again && isSuperseded(operation, places)) return false;
  const { kind, path } = operation;
  const target = places.target(path);
  switch (kind) {
    case 'keep':
      if (operation.open) setMode(target, operation.attributes.mode | 0o700);
      return true;
    case 'set':
      // `isSuperseded` has looked where it may have been set before.
      return setAttributes(target, operation.attributes, (stats) => again || isSeen(stats, operation.stamp));
    case 'place':
      if (again && !places.isStaged(path)) return true;
      fs.renameSync(places.staged(path), target);
      return true;
    case 'replace':
      if (again && !places.isStaged(path)) return true;
      if (!again || !exists(places.slot(operation.slot))) moveIfThere(target, places.slot(operation.slot));
      fs.renameSync(places.staged(path), target);
      return true;
    case 'remove':
      break;
  }
  if (!again || !exists(places.slot(operation.slot))) moveIfThere(target, places.slot(operation.slot));
  return true;
}

/** Has another program made, changed or removed what is at the place of an operation that is still to be done? What is there stays as it is then. */
function isSuperseded(operation: Operation, places: Places): boolean {
  const { kind, path } = operation;
  const found = find(places, path);
  if (found === 'no way there') return true;
  switch (kind) {
    case 'keep':
      return found === undefined || (operation.open && !found.isDirectory());
    case 'set':
      if (operation.stamp === STAGED) return found === undefined || places.isStaged(path);
      return found === undefined || (isOther(found, operation.stamp) && !isSet(found, operation.attributes));
    case 'place':
      return found !== undefined && places.isStaged(path);
    case 'replace':
      if (!places.isStaged(path)) return false;
      if (exists(places.slot(operation.slot))) return found !== undefined;
      return found === undefined || isOther(found, operation.stamp);
    case 'remove':
      break;
  }
  return !exists(places.slot(operation.slot)) && (found === undefined || isOther(found, operation.stamp));
}

function find(places: Places, path: string): fs.Stats | 'no way there' | undefined {
  try {
    return statsAt(places.target(path));
  } catch (error) {
    // A directory on the way is gone, or is a file or a link by now.
    if (isGone(error)) return 'no way there';
    throw error;
  }
}

/** Was it done before? To the microsecond: a double of milliseconds has no more. */
function isSet({ mtimeMs }: fs.Stats, attributes: Attributes): boolean {
  return Math.abs(mtimeMs - msOf(attributes)) < 0.001;
}

/** What another program has written to since it was compared has that program's time. */
function isSeen(stats: fs.Stats, stamp: string | undefined): boolean {
  return stamp === STAGED || !isOther(stats, stamp);
}

function isOther(stats: fs.Stats, stamp: string | undefined): boolean {
  return stamp !== undefined && stampOf(stats) !== stamp;
}

/**
 * Tells what was found at a path from what another program puts there. Who owns a file, and so its ctime, may change by itself: the kubelet sets
 * the group of a volume for each pod. The operations themselves change the times of directories.
 */
export function stampOf({ mode, ino, mtimeMs }: Pick<fs.Stats, 'mode' | 'ino' | 'mtimeMs'>): string {
  return (mode & fs.constants.S_IFMT) === fs.constants.S_IFDIR ? String(ino) : `${ino} ${mtimeMs}`;
}

/** Errors that say: it is gone, or was never changed. */
const UNSETTABLE = ['EPERM', 'ENOENT', 'EROFS'];

/** Takes back an operation that was done, in part, whole or not at all. */
export function revert(operation: Operation, places: Places): void {
  const { kind, path } = operation;
  // Another program has removed the directory since, or put a file or a link in its place. All that was to be in it went with it.
  if (find(places, path) === 'no way there') return;
  const target = places.target(path);
  switch (kind) {
    case 'keep':
      // A directory of another user kept its mode. Its time may have changed, and only its owner may set it. A read-only mount kept both.
      unless(UNSETTABLE, () => setAttributes(target, operation.attributes));
      return;
    case 'set':
      if (operation.before !== undefined) {
        putBack(target, operation, operation.before);
        return;
      }
      // `keep` puts the attributes back; until then what is inside has to be moved.
      if ((operation.attributes.mode & 0o300) !== 0o300)
        unless(['ENOENT', 'EROFS'], () => setMode(target, operation.attributes.mode | 0o700));
      return;
    case 'place':
      if (!places.isStaged(path)) moveIfThere(target, places.staged(path));
      return;
    case 'replace':
      if (!places.isStaged(path)) moveIfThere(target, places.staged(path));
      moveIfThere(places.slot(operation.slot), target);
      return;
    case 'remove':
      moveIfThere(places.slot(operation.slot), target);
  }
}

/** What another program has written to since has that program's time, and keeps it. */
function putBack(
  target: string | Buffer,
  { attributes, stamp }: Operation & { readonly kind: 'set' },
  before: Attributes,
): void {
  unless(UNSETTABLE, () =>
    setAttributes(target, before, (stats) => isSeen(stats, stamp) || hasTime(stats, msOf(attributes))),
  );
}

export function encodeOperation(operation: Operation): readonly unknown[] {
  const { kind, path } = operation;
  if (kind === 'keep') return [kind, path, ...numbersOf(operation.attributes), operation.open ? 1 : 0];
  if (kind === 'place') return [kind, path];
  const numbers =
    kind === 'set'
      ? [operation.attributes, operation.before].flatMap((one) => (one === undefined ? [] : numbersOf(one)))
      : [operation.slot];
  return operation.stamp === undefined ? [kind, path, ...numbers] : [kind, path, ...numbers, operation.stamp];
}

/** Throws for what `encodeOperation` cannot have written: a journal is not trusted to lead out of the workspace. */
export function decodeOperation(value: unknown): Operation {
  if (!Array.isArray(value)) throw new Error('The journal holds a line that is no operation.');
  const [kind, path, ...rest]: unknown[] = value;
  const stamp = typeof rest.at(-1) === 'string' ? String(rest.pop()) : undefined;
  const numbers = rest.filter((number) => Number.isSafeInteger(number)).map(Number);
  const broken = typeof path !== 'string' || numbers.length !== rest.length;
  if (broken || (path !== '' && pathProblem(path) !== undefined))
    throw new Error('The journal holds a broken operation.');
  const [first = 0, mtimeSec = 0, mtimeNs = 0, fourth = 0, beforeSec = 0, beforeNs = 0] = numbers;
  const attributes = { mode: first & 0o7777, mtimeSec, mtimeNs };
  if (kind === 'keep' && numbers.length === 4) return { kind, path, attributes, open: fourth === 1 };
  if (kind === 'set' && numbers.length === 3) return { kind, path, attributes, stamp };
  if (kind === 'set' && numbers.length === 6) {
    const before = { mode: fourth & 0o7777, mtimeSec: beforeSec, mtimeNs: beforeNs };
    return { kind, path, attributes, before, stamp };
  }
  if (path !== '' && kind === 'place' && numbers.length === 0) return { kind, path };
  if (path !== '' && (kind === 'replace' || kind === 'remove') && numbers.length === 1)
    return { kind, path, slot: first, stamp };
  throw new Error('The journal holds an unknown operation.');
}

/** Does the work, and passes over a failure with one of these error names. */
function unless(errnos: readonly string[], work: () => void): void {
  try {
    work();
  } catch (error) {
    if (!errnos.includes(errnoOf(error) ?? '')) throw error;
  }
}

function numbersOf(attributes: Attributes): readonly number[] {
  return [attributes.mode, attributes.mtimeSec, attributes.mtimeNs];
}

function moveIfThere(from: string | Buffer, to: string | Buffer): void {
  unless(['ENOENT'], () => fs.renameSync(from, to));
}

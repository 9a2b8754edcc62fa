/**
 * The steps in which a fetch changes a directory. Each can be repeated and taken back, and what it has done can be seen
 * in the file system, so that a run that was killed at any point can be finished or undone.
 */
import * as fs from 'node:fs';
import { exists, setAttributes, setMode, type Attributes } from '../files/attributes.ts';
import { errnoOf } from '../files/errno.ts';
import { pathProblem } from '../paths/path.ts';
import type { Places } from './places.ts';

/** Paths are byte strings relative to the workspace; the empty one is the workspace itself. */
export type Operation =
  /** Remembers the attributes of what the next operations change, and makes a directory writable for them. */
  | { readonly kind: 'keep'; readonly path: string; readonly attributes: Attributes; readonly open: boolean }
  /** Moves a staged file, link or whole directory to where nothing is. */
  | { readonly kind: 'place'; readonly path: string }
  /** Moves what is there into a slot, and what is staged to its place. */
  | { readonly kind: 'replace'; readonly path: string; readonly slot: number }
  /** Moves what is there into a slot. */
  | { readonly kind: 'remove'; readonly path: string; readonly slot: number }
  /** Sets attributes. */
  | { readonly kind: 'set'; readonly path: string; readonly attributes: Attributes };

/** `again`: the operation may have been done already, in part or whole, by a process that was killed. */
export type Turn = 'first' | 'again';

export function perform(operation: Operation, places: Places, turn: Turn): void {
  const again = turn === 'again';
  const { kind, path } = operation;
  const target = places.target(path);
  switch (kind) {
    case 'keep':
      if (operation.open) setMode(target, operation.attributes.mode | 0o700);
      return;
    case 'set':
      setAttributes(target, operation.attributes);
      return;
    case 'place':
      if (again && !places.isStaged(path)) return;
      fs.renameSync(places.staged(path), target);
      return;
    case 'replace':
      if (again && !places.isStaged(path)) return;
      if (!again || !exists(places.slot(operation.slot))) moveIfThere(target, places.slot(operation.slot));
      fs.renameSync(places.staged(path), target);
      return;
    case 'remove':
      if (again && exists(places.slot(operation.slot))) return;
      moveIfThere(target, places.slot(operation.slot));
  }
}

/** Takes back an operation that was done, in part, whole or not at all. */
export function revert(operation: Operation, places: Places): void {
  const { kind, path } = operation;
  const target = places.target(path);
  switch (kind) {
    case 'keep':
      // A directory of another user kept its mode. Its time may have changed, and only its owner may set it.
      unless(['EPERM', 'ENOENT'], () => setAttributes(target, operation.attributes));
      return;
    case 'set':
      // `keep` puts the attributes back; until then what is inside has to be moved.
      if ((operation.attributes.mode & 0o300) !== 0o300)
        unless(['ENOENT'], () => setMode(target, operation.attributes.mode | 0o700));
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

export function encodeOperation(operation: Operation): readonly unknown[] {
  const { kind, path } = operation;
  if (kind === 'keep') return [kind, path, ...numbersOf(operation.attributes), operation.open ? 1 : 0];
  if (kind === 'set') return [kind, path, ...numbersOf(operation.attributes)];
  return kind === 'place' ? [kind, path] : [kind, path, operation.slot];
}

/** Throws for what `encodeOperation` cannot have written: a journal is not trusted to lead out of the workspace. */
export function decodeOperation(value: unknown): Operation {
  if (!Array.isArray(value)) throw new Error('The journal holds a line that is no operation.');
  const [kind, path, ...rest]: unknown[] = value;
  const numbers = rest.filter((number) => Number.isSafeInteger(number)).map(Number);
  const broken = typeof path !== 'string' || numbers.length !== rest.length;
  if (broken || (path !== '' && pathProblem(path) !== undefined))
    throw new Error('The journal holds a broken operation.');
  const [first = 0, mtimeSec = 0, mtimeNs = 0, open = 0] = numbers;
  const attributes = { mode: first & 0o7777, mtimeSec, mtimeNs };
  if (kind === 'keep' && numbers.length === 4) return { kind, path, attributes, open: open === 1 };
  if (kind === 'set' && numbers.length === 3) return { kind, path, attributes };
  if (path !== '' && kind === 'place' && numbers.length === 0) return { kind, path };
  if (path !== '' && (kind === 'replace' || kind === 'remove') && numbers.length === 1)
    return { kind, path, slot: first };
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

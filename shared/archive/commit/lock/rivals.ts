/** The other contenders for a lock, as one of them sees them: their numbers, and which of their owners are dead. */
import * as fs from 'node:fs';
import { errnoOf } from '../../files/errno.ts';
import { openOwnFile } from '../../files/own-file.ts';
import { lockNumbers, lockPath } from './lock-file.ts';
import { parseOwner, type Owner } from './lock-owner.ts';
import { accepts, closed } from './lock-socket.ts';
import type { LockPlace } from './lock-terms.ts';

/** A heartbeat is looked for at least this often. */
const LOOK_EVERY_MS = 200;

export class Rivals {
  readonly #place: LockPlace;
  /** Owners whose heart stood still, with what they last said. */
  readonly #silent = new Map<number, string>();

  constructor(place: LockPlace) {
    this.#place = place;
  }

  /** The numbers of the other contenders, in order. */
  numbers(own: number): number[] {
    return lockNumbers(this.#place.dir).filter((number) => number !== own);
  }

  async isDead(number: number): Promise<boolean> {
    const owner = this.#read(number);
    if (owner === 'gone' || owner === 'silent') return true;
    const socket = this.#socketOf(owner);
    return socket !== undefined && !(await accepts(socket));
  }

  /** Settles when it is worth to look again. */
  async ended(number: number, signal: AbortSignal | undefined): Promise<void> {
    const owner = this.#read(number);
    if (owner === 'gone' || owner === 'silent') return;
    const socket = this.#socketOf(owner);
    if (socket !== undefined) {
      await closed(socket, signal);
      return;
    }
    const { heartbeat, clock } = this.#place;
    const before = JSON.stringify(owner);
    const deadAt = clock.now() + heartbeat.deadAfterMs;
    while (clock.now() < deadAt) {
      await clock.pause(Math.min(heartbeat.everyMs, LOOK_EVERY_MS), signal);
      if (JSON.stringify(this.#read(number)) !== before) return;
    }
    this.#silent.set(number, before);
  }

  /** Removes what a dead one left. */
  bury(number: number): void {
    const { dir } = this.#place;
    const owner = this.#read(number);
    if (typeof owner === 'object' && owner.socket !== undefined) {
      fs.rmSync(`${dir}/${owner.socket}`, { force: true });
    }
    fs.rmSync(lockPath(dir, number), { force: true, recursive: true });
  }

  /** The owner's socket, where this kernel can tell whether it lives. */
  #socketOf(owner: Owner | 'unclear'): string | undefined {
    const { dir, boot } = this.#place;
    if (owner === 'unclear' || owner.boot !== boot || owner.socket === undefined) return undefined;
    return `${dir}/${owner.socket}`;
  }

  #read(number: number): Owner | 'gone' | 'unclear' | 'silent' {
    try {
      const text = readLock(lockPath(this.#place.dir, number));
      if (text === undefined) return 'gone';
      const owner = parseOwner(text);
      return this.#silent.get(number) === JSON.stringify(owner) ? 'silent' : owner;
    } catch (error) {
      return NO_FILE.includes(errnoOf(error) ?? '') ? 'gone' : 'unclear';
    }
  }
}

/** A link and a socket cannot be opened. */
const NO_FILE = ['ENOENT', 'ELOOP', 'ENXIO'];

/** Undefined for what is no file: a workspace may come with anything of that name, which is no contender's. */
function readLock(path: string): string | undefined {
  const file = openOwnFile(path);
  try {
    return fs.fstatSync(file).isFile() ? fs.readFileSync(file, 'utf8') : undefined;
  } finally {
    fs.closeSync(file);
  }
}

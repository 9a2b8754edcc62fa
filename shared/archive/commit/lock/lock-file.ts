/** The file `lock.N` of one contender: N is its number, and the contender writes its heartbeat into the file. */
import { randomInt } from 'node:crypto';
import * as fs from 'node:fs';
import { errnoOf } from '../../files/errno.ts';
import type { Owner } from './lock-owner.ts';
import type { LockPlace } from './lock-terms.ts';

const LOCK_NAME = /^lock\.([0-9]{1,15})$/;
/** The contender trusts this part of `deadAfterMs` only: work that it begins within that part ends before a rival takes over. */
const SURE = 0.8;

export class LockFile {
  readonly #place: LockPlace;
  #socket: string | undefined;
  /** 0: none taken. */
  #number = 0;
  #beat = 0;
  #timer: NodeJS.Timeout | undefined;
  #beatAt = 0;

  constructor(place: LockPlace) {
    this.#place = place;
  }

  /** 0 while there is none. */
  get number(): number {
    return this.#number;
  }

  /** Takes the next number, unless another one just did. */
  take(socket: string | undefined): void {
    this.#socket = socket;
    this.#number = this.#create() ?? 0;
    if (this.#number > 0) this.#timer = setInterval(() => this.confirm(), this.#place.heartbeat.everyMs).unref();
  }

  remove(): void {
    clearInterval(this.#timer);
    if (this.#number > 0) fs.rmSync(lockPath(this.#place.dir, this.#number), { force: true });
    this.#number = 0;
  }

  /**
   * False when a rival took this contender for dead: then the lock is lost for good. A heartbeat that is due is written first, also in work that
   * leaves a timer no time.
   */
  confirm(): boolean {
    if (this.#number === 0) return false;
    const { clock, heartbeat } = this.#place;
    const silent = clock.now() - this.#beatAt;
    if (silent >= heartbeat.deadAfterMs * SURE) return this.#renew();
    if (silent >= heartbeat.everyMs) this.#pulse();
    return true;
  }

  /**
   * Takes another number, as this contender stood still for so long that a rival may take it for dead. A heartbeat would not help: the rival may have
   * looked just before it. A rival that took over, or is about to, has a file by now, or will see the new one.
   */
  #renew(): boolean {
    const { dir } = this.#place;
    const before = this.#number;
    const next = this.#createOrNot();
    if (next !== undefined && this.#standsBeside(next)) {
      fs.rmSync(lockPath(dir, before), { force: true });
      this.#number = next;
      return true;
    }
    if (next !== undefined) fs.rmSync(lockPath(dir, next), { force: true });
    this.remove();
    return false;
  }

  #standsBeside(next: number): boolean {
    const { dir } = this.#place;
    const others = lockNumbers(dir).filter((number) => number !== this.#number && number !== next);
    return others.length === 0 && fs.existsSync(lockPath(dir, this.#number));
  }

  /** Undefined also where the directory is gone, or full. The caller may be a timer, which can only count the lock as lost. */
  #createOrNot(): number | undefined {
    try {
      return this.#create();
    } catch {
      return undefined;
    }
  }

  #create(): number | undefined {
    const { dir, clock } = this.#place;
    // No number is used twice, so a name with a number belongs to its owner for good.
    const number = Math.max((lockNumbers(dir).at(-1) ?? 0) + 1, Date.now() * 100 + randomInt(100));
    const path = lockPath(dir, number);
    const at = clock.now();
    const file = open(path);
    if (file === undefined) return undefined;
    try {
      fs.writeFileSync(file, this.#content());
    } catch (error) {
      // A file without an owner would keep every later contender waiting.
      fs.rmSync(path, { force: true });
      throw error;
    } finally {
      fs.closeSync(file);
    }
    this.#beatAt = at;
    return number;
  }

  /** Opened anew each time: NFS sends what was written when a file is closed. */
  #pulse(): void {
    const at = this.#place.clock.now();
    this.#beat += 1;
    try {
      fs.writeFileSync(lockPath(this.#place.dir, this.#number), this.#content(), { flag: 'r+' });
      this.#beatAt = at;
    } catch {
      // When beats fail for long, `confirm` takes a new number.
    }
  }

  #content(): string {
    const owner: Owner = { boot: this.#place.boot, socket: this.#socket, beat: this.#beat };
    return JSON.stringify(owner);
  }
}

/** The numbers of all contenders, in order. */
export function lockNumbers(dir: string): number[] {
  return fs
    .readdirSync(dir)
    .map((name) => Number(LOCK_NAME.exec(name)?.[1] ?? 0))
    .filter((number) => number > 0)
    .toSorted((a, b) => a - b);
}

export function lockPath(dir: string, number: number): string {
  return `${dir}/lock.${number}`;
}

function open(path: string): number | undefined {
  try {
    return fs.openSync(path, 'wx', 0o600);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return undefined;
    throw error;
  }
}

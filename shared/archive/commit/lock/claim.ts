/** One contender for a lock, from its first look to its release. */
import * as fs from 'node:fs';
import { errnoOf } from '../../files/errno.ts';
import { fsPath } from '../../paths/path.ts';
import { LockFile, lockPath } from './lock-file.ts';
import { LockSocket } from './lock-socket.ts';
import { lockPlace, type LockTerms } from './lock-terms.ts';
import { Rivals } from './rivals.ts';

export class Claim {
  readonly #directory: number;
  /** A short name of a directory that may lie too deep for the 108 bytes of a socket's address. */
  readonly #dir: string;
  readonly #file: LockFile;
  readonly #socket: LockSocket;
  readonly #rivals: Rivals;

  constructor(dir: string, terms: LockTerms) {
    this.#directory = fs.openSync(
      fsPath(dir),
      fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW,
    );
    this.#dir = `/proc/self/fd/${this.#directory}`;
    const place = lockPlace(this.#dir, terms);
    this.#file = new LockFile(place);
    this.#socket = new LockSocket(this.#dir, place.boot);
    this.#rivals = new Rivals(place);
  }

  /** 0: none taken. */
  get number(): number {
    return this.#file.number;
  }

  async listen(): Promise<void> {
    await this.#socket.listen(() => this.number > 0);
  }

  async win(onWait: (() => void) | undefined, signal: AbortSignal | undefined): Promise<void> {
    let told = false;
    for (;;) {
      signal?.throwIfAborted();
      const rival = await this.#liveRival();
      if (rival === undefined && this.number > 0) return;
      if (rival === undefined) {
        this.#file.take(this.#socket.name);
        continue;
      }
      if (rival > this.number) this.#giveWay();
      if (!told) onWait?.();
      told = true;
      signal?.throwIfAborted();
      await this.#rivals.ended(rival, signal);
    }
  }

  /**
   * The highest number of a living rival, or nothing. Files of dead rivals are removed only while our own number is higher: then
   * no process can come to hold the lock under the number that is being removed.
   */
  async #liveRival(): Promise<number | undefined> {
    const rivals = this.#rivals.numbers(this.number);
    const highest = rivals.at(-1);
    if (this.number === 0) return highest === undefined || (await this.#rivals.isDead(highest)) ? undefined : highest;
    if (highest !== undefined && highest > this.number) return highest;
    for (const rival of rivals) {
      if (!(await this.#rivals.isDead(rival))) return rival;
      this.#rivals.bury(rival);
    }
    return undefined;
  }

  /** Removes what the killed have left. */
  async sweep(): Promise<void> {
    await this.#socket.sweep();
  }

  /** Removes our number and lets go of the contenders that wait for it. */
  #giveWay(): void {
    this.#file.remove();
    this.#socket.hangUp();
  }

  stands(): boolean {
    return this.#file.confirm() && fs.existsSync(lockPath(this.#dir, this.number));
  }

  /** What was done under the lock is done: where the file system keeps the file, it counts no more without socket and heartbeat. */
  async dispose(): Promise<void> {
    try {
      this.#file.remove();
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
    }
    this.#socket.hangUp();
    await this.#socket.close();
    fs.closeSync(this.#directory);
  }
}

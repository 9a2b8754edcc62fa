/**
 * One process at a time works on a directory.
 *
 * Every contender writes a file `lock.N` of its own and then looks at all the others: it gives way to a higher number
 * and waits for lower ones whose owner lives. Of two contenders at least the later one sees the other, whatever
 * the interleaving, so that no step needs to be atomic but the creation of a file.
 *
 * An owner lives while its Unix socket beside the file accepts: the kernel closes that with the process, across
 * containers. Where the socket cannot tell (another node, a file system without sockets) a heartbeat in the file does.
 */
import { hash, randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import * as net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { errnoOf } from '../files/errno.ts';
import { LockFile, lockNumbers, lockPath, type Clock, type Heartbeat } from './lock-file.ts';
import { accepts, bootId, closed, parseOwner, type Owner } from './lock-owner.ts';

export interface LockOptions {
  /** Directory that holds the lock's files; it must exist. */
  readonly dir: string;
  /** Called once when the lock is held by another process. */
  readonly onWait?: () => void;
  readonly terms?: LockTerms | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What one kernel has in common, for those who want several on one machine. */
export interface LockTerms {
  readonly boot?: string;
  readonly heartbeat?: Heartbeat;
  readonly clock?: Clock;
}

const HEARTBEAT: Heartbeat = { everyMs: 5_000, deadAfterMs: 30_000 };
const CLOCK: Clock = {
  now: () => performance.now(),
  pause: (milliseconds, signal) => delay(milliseconds, undefined, { signal }),
};
/** Far longer than a socket exists before it accepts. */
const LISTENS_AFTER_MS = 10_000;

export class DirectoryLock {
  /** The number of the holder's first file. A name with this number belongs to this holder alone, also after a later holder came. */
  readonly number: number;
  readonly #claim: Claim;

  private constructor(claim: Claim) {
    this.#claim = claim;
    this.number = claim.number;
  }

  /** Waits for the lock; rejects with the signal's reason when that comes first. */
  static async acquire(options: LockOptions): Promise<DirectoryLock> {
    const claim = new Claim(options.dir, options.terms ?? {});
    try {
      await claim.listen();
      await claim.win(options.onWait, options.signal);
      await claim.sweep();
      return new DirectoryLock(claim);
    } catch (error) {
      await claim.dispose();
      throw options.signal?.aborted === true ? options.signal.reason : error;
    }
  }

  /** False when somebody took this process for dead, as it stood still for many heartbeats: then nothing is its own any more. */
  isHeld(): boolean {
    return this.#claim.stands();
  }

  async release(): Promise<void> {
    await this.#claim.dispose();
  }
}

/** One contender, from its first look to its release. */
class Claim {
  readonly #directory: number;
  /** A short name of a directory that may lie too deep for the 108 bytes of a socket's address. */
  readonly #dir: string;
  readonly #connections = new Set<net.Socket>();
  #server: net.Server | undefined;
  readonly #boot: string;
  readonly #heartbeat: Heartbeat;
  readonly #clock: Clock;
  readonly #file: LockFile;
  #socket: string | undefined;
  /** Owners whose heart stood still, with what they last said. */
  readonly #silent = new Map<number, string>();

  constructor(dir: string, { boot = bootId(), heartbeat = HEARTBEAT, clock = CLOCK }: LockTerms) {
    this.#directory = fs.openSync(dir, fs.constants.O_RDONLY | fs.constants.O_DIRECTORY | fs.constants.O_NOFOLLOW);
    this.#dir = `/proc/self/fd/${this.#directory}`;
    this.#boot = boot;
    this.#heartbeat = heartbeat;
    this.#clock = clock;
    this.#file = new LockFile({ dir: this.#dir, boot, heartbeat, clock });
  }

  /** 0: none taken. */
  get number(): number {
    return this.#file.number;
  }

  async listen(): Promise<void> {
    const name = `${this.#socketPrefix()}${randomBytes(4).toString('hex')}`;
    const server = net.createServer((connection) => {
      connection.on('error', () => {});
      if (this.number === 0) {
        connection.destroy();
        return;
      }
      this.#connections.add(connection);
      connection.unref();
      connection.on('close', () => this.#connections.delete(connection));
    });
    server.unref();
    const bound = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(`${this.#dir}/${name}`, () => resolve(true));
    });
    if (!bound) return;
    this.#server = server;
    this.#socket = name;
  }

  async win(onWait: (() => void) | undefined, signal: AbortSignal | undefined): Promise<void> {
    let told = false;
    for (;;) {
      signal?.throwIfAborted();
      const rival = await this.#liveRival();
      if (rival === undefined && this.number > 0) return;
      if (rival === undefined) {
        this.#file.take(this.#socket);
        continue;
      }
      if (rival > this.number) this.#giveWay();
      if (!told) onWait?.();
      told = true;
      signal?.throwIfAborted();
      await this.#ended(rival, signal);
    }
  }

  /**
   * The highest number of a living rival, or nothing. Files of dead rivals are removed only while our own number is higher: then
   * no process can come to hold the lock under the number that is being removed.
   */
  async #liveRival(): Promise<number | undefined> {
    const rivals = lockNumbers(this.#dir).filter((number) => number !== this.number);
    const highest = rivals.at(-1);
    if (this.number === 0) return highest === undefined || (await this.#isDead(highest)) ? undefined : highest;
    if (highest !== undefined && highest > this.number) return highest;
    for (const rival of rivals) {
      if (!(await this.#isDead(rival))) return rival;
      this.#bury(rival);
    }
    return undefined;
  }

  #bury(number: number): void {
    const owner = this.#read(number);
    if (typeof owner === 'object' && owner.socket !== undefined) {
      fs.rmSync(`${this.#dir}/${owner.socket}`, { force: true });
    }
    fs.rmSync(lockPath(this.#dir, number), { force: true });
  }

  /** Removes sockets whose owner was killed before it had a number. Only this kernel can tell of its own ones. */
  async sweep(): Promise<void> {
    const prefix = this.#socketPrefix();
    for (const name of fs.readdirSync(this.#dir)) {
      if (!name.startsWith(prefix) || name === this.#socket) continue;
      const path = `${this.#dir}/${name}`;
      const stat = fs.lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined || Date.now() - stat.mtimeMs < LISTENS_AFTER_MS) continue;
      if (!(await accepts(path))) fs.rmSync(path, { force: true });
    }
  }

  #socketPrefix(): string {
    return `socket.${hash('sha256', this.#boot, 'hex').slice(0, 8)}`;
  }

  /** Removes our number and closes the connections of the contenders that wait for it. */
  #giveWay(): void {
    this.#file.remove();
    for (const connection of this.#connections) connection.destroy();
  }

  stands(): boolean {
    return this.#file.confirm() && fs.existsSync(lockPath(this.#dir, this.number));
  }

  async dispose(): Promise<void> {
    this.#giveWay();
    const server = this.#server;
    if (server !== undefined) await new Promise<void>((resolve) => server.close(() => resolve()));
    fs.closeSync(this.#directory);
  }

  async #isDead(number: number): Promise<boolean> {
    const owner = this.#read(number);
    if (owner === 'gone' || owner === 'silent') return true;
    const socket = this.#socketOf(owner);
    return socket !== undefined && !(await accepts(socket));
  }

  /** Settles when it is worth to look again. */
  async #ended(number: number, signal: AbortSignal | undefined): Promise<void> {
    const owner = this.#read(number);
    if (owner === 'gone' || owner === 'silent') return;
    const socket = this.#socketOf(owner);
    if (socket !== undefined) {
      await closed(socket, signal);
      return;
    }
    const before = JSON.stringify(owner);
    const deadAt = this.#clock.now() + this.#heartbeat.deadAfterMs;
    while (this.#clock.now() < deadAt) {
      await this.#clock.pause(Math.min(this.#heartbeat.everyMs, 200), signal);
      if (JSON.stringify(this.#read(number)) !== before) return;
    }
    this.#silent.set(number, before);
  }

  /** The owner's socket, where this kernel can tell whether it lives. */
  #socketOf(owner: Owner | 'unclear'): string | undefined {
    if (owner === 'unclear' || owner.boot !== this.#boot || owner.socket === undefined) return undefined;
    return `${this.#dir}/${owner.socket}`;
  }

  #read(number: number): Owner | 'gone' | 'unclear' | 'silent' {
    try {
      const owner = parseOwner(fs.readFileSync(lockPath(this.#dir, number), 'utf8'));
      return this.#silent.get(number) === JSON.stringify(owner) ? 'silent' : owner;
    } catch (error) {
      return errnoOf(error) === 'ENOENT' ? 'gone' : 'unclear';
    }
  }
}

/**
 * One process at a time works on a directory.
 *
 * Every contender writes a file `lock.N` of its own and then looks at all the others: it gives way to a higher number
 * and waits for lower ones whose owner lives. Of two contenders at least the later one sees the other, whatever the interleaving. So no step
 * needs to be atomic but the creation of a file.
 *
 * An owner lives while its Unix socket beside the file accepts: the kernel closes that with the process, across
 * containers. Where the socket cannot tell (another node, a file system without sockets) a heartbeat in the file does.
 */
import { Claim } from './claim.ts';
import type { LockTerms } from './lock-terms.ts';

interface LockOptions {
  /** Byte string of the directory that holds the lock's files; it must exist. */
  readonly dir: string;
  /** Called once when the lock is held by another process. */
  readonly onWait?: () => void;
  readonly terms?: LockTerms | undefined;
  readonly signal?: AbortSignal | undefined;
}

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

  /** False when another process took this one for dead, as it stood still for many heartbeats: then nothing here is its own any more. */
  isHeld(): boolean {
    return this.#claim.stands();
  }

  async release(): Promise<void> {
    await this.#claim.dispose();
  }
}

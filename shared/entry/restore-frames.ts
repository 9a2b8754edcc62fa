/**
 * Gets the frames that a plan finds missing and restores them, while the plan is still being made: the other threads and the
 * network have work from the first frame on. All of it goes to staging, so a plan that fails later has changed nothing.
 */
import { setImmediate as yieldToEvents } from 'node:timers/promises';
import { CacheError, ERROR_CODES } from '../errors.ts';
import type { Compression } from '../archive/format.ts';
import type { FrameGroup } from '../archive/frame-grouper.ts';
import type { FramePool } from '../archive/frame-pool.ts';
import type { StateTable } from '../archive/state-table.ts';
import type { FetchWork } from './fetch-entry.ts';
import { FrameDownloads, type LayerSource } from './frame-downloads.ts';

/** The plan goes on while fewer frames than this wait, so that neighbours come in one range. */
const MIN_AHEAD = 4;
/** The plan stops while more files than this wait: they take a hundred bytes each. */
const MAX_FILES_AHEAD = 60_000;

export interface FramesToRestore {
  /** Planning goes on as far as groups are asked for. */
  readonly groups: Iterator<FrameGroup>;
  /** Content layers by id. */
  readonly layers: ReadonlyMap<number, LayerSource>;
  readonly compression: Compression;
  /** The directory that paths are relative to; a byte string. */
  readonly tree: string;
  readonly pool: FramePool;
  /** Gets the states of files as they are written. */
  readonly states: StateTable;
  /** Throws when content takes so many bytes on the disk; zeros that become holes take none. */
  readonly checkWritten: (bytes: number) => void;
  /** Bytes that came before, for the progress. */
  readonly bytesReceived: number;
}

/** Resolves to all bytes received when every frame is restored, and the plan at its end. */
export async function restoreFrames({ request }: FetchWork, options: FramesToRestore): Promise<number> {
  const { layers, pool, states, tree, compression, checkWritten } = options;
  const { store, signal } = request;
  let bytes = options.bytesReceived;
  let files = 0;
  let written = 0;
  const report = (): void => request.progress?.({ bytes, files });
  const onBytes = (more: number): void => {
    bytes += more;
    report();
  };
  const downloads = new FrameDownloads({ store, layers, onBytes, signal });
  const planned = new PlannedFrames(options.groups, (group, count) => {
    downloads.want(group);
    pool.expect(count);
  });
  try {
    for (let number = 0; ; number++) {
      while (planned.isShort || (!planned.isFull && !downloads.isHere(number))) {
        if (!planned.goOn()) break;
        await yieldToEvents();
      }
      const group = planned.take();
      if (group === undefined) break;
      const frame = layers.get(group.layer)?.frames[group.frame];
      if (frame === undefined) throw new CacheError(ERROR_CODES.Internal, 'A frame has no layer.');
      const compressed = await downloads.take(number);
      const task = { frame, compression, tree, files: group.files, parts: group.parts };
      await pool.submit(task, compressed, (extracted) => {
        states.set(group.numbers, extracted.states);
        written += extracted.written;
        checkWritten(written);
        downloads.release(number);
        files += group.files.count;
        report();
      });
    }
    await pool.drain();
  } finally {
    downloads.close();
  }
  return bytes;
}

/** Frames that are planned and wait to be restored. */
class PlannedFrames {
  readonly #groups: Iterator<FrameGroup>;
  readonly #onPlanned: (group: FrameGroup, count: number) => void;
  readonly #waiting: FrameGroup[] = [];
  #count = 0;
  #files = 0;

  /** @param onPlanned told of each frame, and how many there are so far */
  constructor(groups: Iterator<FrameGroup>, onPlanned: (group: FrameGroup, count: number) => void) {
    this.#groups = groups;
    this.#onPlanned = onPlanned;
  }

  get isShort(): boolean {
    return this.#waiting.length < MIN_AHEAD && !this.isFull;
  }

  get isFull(): boolean {
    return this.#files > MAX_FILES_AHEAD;
  }

  /** Plans the next frame; false when there is none. */
  goOn(): boolean {
    const next = this.#groups.next();
    if (next.done === true) return false;
    this.#waiting.push(next.value);
    this.#files += next.value.files.count;
    this.#onPlanned(next.value, ++this.#count);
    return true;
  }

  take(): FrameGroup | undefined {
    const group = this.#waiting.shift();
    this.#files -= group?.files.count ?? 0;
    return group;
  }
}

/**
 * Gets the frames that a plan finds missing and restores them, while the plan is still being made: the other threads and the
 * network have work from the first frame on. All of it goes to staging, so a plan that fails later has changed nothing.
 */
import { CacheError, ERROR_CODES } from '../../errors.ts';
import type { Compression } from '../../archive/format.ts';
import type { ExtractedFrame } from '../../archive/unpack/extract-frame.ts';
import { isPartOfFile, type FrameGroup } from '../../archive/unpack/frame-grouper.ts';
import type { FramePool } from '../../archive/unpack/frame-pool.ts';
import type { LargeFiles } from '../../archive/unpack/large-files.ts';
import { closeIterator, Pace } from '../../pace.ts';
import type { FetchWork } from './fetch-work.ts';
import { FrameDownloads, type LayerSource } from './frame-downloads.ts';
import { budgetOf } from './memory-budget.ts';
import type { RestoredStates } from './restored-states.ts';

/** The plan goes on while fewer frames than this wait, so that neighbours come in one range; the first one is not held back for that. */
const MIN_AHEAD = 4;
/** The plan stops while more files than this wait: they take two hundred bytes each, and frames that may be here meanwhile hold fewer, as a rule. */
const MAX_FILES_AHEAD = 20_000;
/** The longest stretch of planning while the network waits. */
const PLAN_SLICE_MS = 3;

interface FramesToRestore {
  /** Planning goes on as far as groups are asked for; where there is none yet, a step of it. */
  readonly groups: Iterator<FrameGroup | undefined>;
  /** Content layers by id. */
  readonly layers: ReadonlyMap<number, LayerSource>;
  readonly compression: Compression;
  /** Verifies each frame, also where its content is summed as that of a file. */
  readonly everyFrame: boolean;
  /** The directory that paths are relative to; a byte string. */
  readonly tree: string;
  readonly pool: FramePool;
  /** Is told of each part of a file that is written. */
  readonly large: LargeFiles;
  /** Gets the states of files as they are written. */
  readonly states: RestoredStates;
  /** Bytes that came before, for the progress. */
  readonly bytesReceived: number;
}

/** Resolves to all bytes received when every frame is restored, and the plan at its end. */
export async function restoreFrames(work: FetchWork, options: FramesToRestore): Promise<number> {
  const { layers, pool, large, states, tree, compression, everyFrame } = options;
  const { request } = work;
  const { store, signal, hasFreed = false } = request;
  const pace = new Pace(work.attend, PLAN_SLICE_MS);
  let bytes = options.bytesReceived;
  let files = 0;
  const report = (): void => request.progress?.({ bytes, files });
  const onBytes = (more: number): void => {
    bytes += more;
    report();
  };
  const downloads = new FrameDownloads({ store, layers, budget: budgetOf(pool.threads), onBytes, signal });
  const planned = new PlannedFrames(options.groups, (group, count) => {
    downloads.want(group);
    pool.expect(count);
  });
  try {
    for (let number = 0; ; number++) {
      while (planned.isShort || (!planned.isFull && !downloads.isHere(number))) {
        const went = planned.goOn();
        if (went === 'ended') break;
        if (went === 'planned' || pace.isDue) await pace.rest();
      }
      const group = planned.take();
      if (group === undefined) break;
      const layer = layers.get(group.layer);
      const frame = layer?.frames[group.frame];
      if (layer === undefined || frame === undefined)
        throw new CacheError(ERROR_CODES.Internal, 'A frame has no layer.');
      const compressed = await downloads.take(number);
      const blob = layer.descriptor.digest;
      const isSummed = !everyFrame && isPartOfFile(group);
      const { files: ofFrame, parts } = group;
      const task = { frame, blob, compression, tree, files: ofFrame, parts, isSummed, hasFreed };
      const done = (extracted: ExtractedFrame): void => {
        states.written(group.numbers, extracted.states);
        downloads.release(number, extracted.memory);
        for (const part of group.parts) large.written(part);
        files += group.files.count;
        report();
      };
      await pool.submit(task, compressed, done, planned.isEmpty);
    }
    await pool.drain();
  } finally {
    downloads.close();
    closeIterator(options.groups);
  }
  return bytes;
}

/** Frames that are planned and wait to be restored. */
class PlannedFrames {
  readonly #groups: Iterator<FrameGroup | undefined>;
  readonly #onPlanned: (group: FrameGroup, count: number) => void;
  readonly #waiting: FrameGroup[] = [];
  #count = 0;
  #taken = 0;
  #ended = false;
  #files = 0;

  /** @param onPlanned told of each frame, and how many there are so far */
  constructor(groups: Iterator<FrameGroup | undefined>, onPlanned: (group: FrameGroup, count: number) => void) {
    this.#groups = groups;
    this.#onPlanned = onPlanned;
  }

  get isShort(): boolean {
    return this.#waiting.length < Math.min(this.#taken + 1, MIN_AHEAD) && !this.isFull;
  }

  get isFull(): boolean {
    return this.#files > MAX_FILES_AHEAD;
  }

  /** Plans on, up to the next frame at most. */
  goOn(): 'planned' | 'nothing yet' | 'ended' {
    const next = this.#groups.next();
    if (next.done === true) {
      this.#ended = true;
      return 'ended';
    }
    const group = next.value;
    if (group === undefined) return 'nothing yet';
    this.#waiting.push(group);
    this.#files += group.files.count;
    this.#onPlanned(group, ++this.#count);
    return 'planned';
  }

  /** True when all frames were taken, and the plan is at its end. */
  get isEmpty(): boolean {
    return this.#ended && this.#waiting.length === 0;
  }

  take(): FrameGroup | undefined {
    const group = this.#waiting.shift();
    this.#taken += 1;
    this.#files -= group?.files.count ?? 0;
    return group;
  }
}

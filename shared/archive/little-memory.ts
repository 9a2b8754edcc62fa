/** A container with more memory than this may use it to be quick. */
const ROOMY_BYTES = 512 * 1024 * 1024;

/** Is this process in a container of little memory? */
export function hasLittleMemory(): boolean {
  const limit = process.constrainedMemory();
  return limit > 0 && limit < ROOMY_BYTES;
}

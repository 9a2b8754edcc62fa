import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new directory below the system's temporary one; `remove` takes it away with all that is in it. */
export const temporaryDirectory = async (): Promise<{ readonly path: string; remove(): Promise<void> }> => {
  const path = await mkdtemp(join(tmpdir(), 'tekton-cache-wire-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
};

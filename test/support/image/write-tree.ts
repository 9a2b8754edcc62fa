import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { LayerEntries } from './tar-layer.ts';

/** Lays out the entries of a layer as files in a directory. */
export const writeTree = async (directory: string, entries: LayerEntries): Promise<void> => {
  for (const [path, entry] of entries) {
    const target = join(directory, path);
    await mkdir(dirname(target), { recursive: true });
    if (entry.type === 'file') await writeFile(target, entry.content, { mode: entry.executable ? 0o755 : 0o644 });
    else if (entry.type === 'link') await symlink(entry.to, target);
    else {
      await mkdir(target, { recursive: true });
      // Not by mkdir, which applies the umask.
      await chmod(target, entry.mode ?? 0o755);
    }
  }
};

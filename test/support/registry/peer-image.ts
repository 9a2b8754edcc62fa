import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCommand } from '../command.ts';
import { toolSet } from '../prerequisites/go-tools.ts';

/** crane, the command line of the library that tekton-caches pushes and pulls with. */
export const crane = async (): Promise<string> =>
  join(await toolSet('registry', (line) => process.stderr.write(`${line}\n`)), 'crane');

/** Pushes a folder as tekton-caches does: one gzip layer on an empty image, with the names of the folder from its top. */
export const pushPeerImage = async (folder: string, image: string): Promise<void> => {
  const scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-peer-image-'));
  try {
    const archive = join(scratch, 'cache.tar.gz');
    await runCommand('tar', ['-czf', archive, '-C', folder, '.']);
    await runCommand(await crane(), ['append', '--insecure', '--oci-empty-base', '-f', archive, '-t', image]);
  } finally {
    await rm(scratch, { recursive: true });
  }
};

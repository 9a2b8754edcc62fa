import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';

const DOWNLOAD_MS = 300_000;

/**
 * Unpacks packages, with all that they depend on, into a directory. It becomes a root file system without a shell: what Debian takes for
 * granted (`dash`, `coreutils`) is no dependency. Scripts of packages do not run, so that there are no `alternatives`.
 */
export const unpackDebianPackages = async (packages: readonly string[], directory: string): Promise<void> => {
  const scratch = await mkdtemp(join(tmpdir(), 'tekton-cache-debian-'));
  try {
    const archives = join(scratch, 'archives');
    await mkdir(join(archives, 'partial'), { recursive: true });
    // A machine that has nothing yet: apt lists everything then.
    await writeFile(join(scratch, 'status'), '');
    const settings = [
      `Dir::State::status=${join(scratch, 'status')}`,
      `Dir::Cache::archives=${archives}`,
      'Debug::NoLocking=1',
      'APT::Sandbox::User=root',
    ].flatMap((setting) => ['-o', setting]);
    const command = ['install', '-y', '--download-only', '--no-install-recommends', ...settings, ...packages];
    await runCommand('apt-get', command, { timeout: DOWNLOAD_MS }).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Could not download ${packages.join(' ')}. Run "apt-get update" and try again.\n${reason}`);
    });
    for (const name of (await readdir(archives)).filter((file) => file.endsWith('.deb')).sort()) {
      await runCommand('dpkg-deb', ['-x', join(archives, name), directory]);
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
};

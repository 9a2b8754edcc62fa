import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { fingerprint } from '../../image/fingerprint.ts';
import { unpackDebianPackages } from '../../image/toolchain/debian-packages.ts';
import type { Repository } from '../answer.ts';
import { filledDirectory, readBelow } from './stock.ts';
import type { Files, Stock } from './stock.ts';

const SCRIPT = join(import.meta.dirname, 'gems.rb');

/** Names of gems in a lockfile: `    tilt (2.0.11)`. */
export const gemsIn = (lock: string): readonly string[] =>
  [...lock.matchAll(/^ {4}(\S+) \(\d[^)]*\)$/gm)].map(([, name = '']) => name);

/** Gems of a lockfile, as Debian has them: Bundler refuses them where their version is another one than in the lockfile. */
export const gemsStock = async ({ 'Gemfile.lock': lock = '' }: Files): Promise<Stock> => {
  const directory = await filledDirectory({
    key: `gems-${await fingerprint([SCRIPT], [lock])}`,
    files: {},
    fill: async (destination) => {
      const root = await mkdtemp(join(tmpdir(), 'tekton-cache-gems-'));
      try {
        await unpackDebianPackages(gemsIn(lock).map(debianName), root);
        await runCommand('ruby', [SCRIPT, root, destination]);
        await runCommand('gem', ['generate_index', '--directory', destination]);
      } finally {
        await rm(root, { recursive: true, force: true });
      }
    },
  });
  return { repository: () => gemRepository(directory) };
};

/** Debian's name for the package of a gem. */
export const debianName = (gem: string): string => `ruby-${gem.replaceAll('_', '-').replace(/-ruby$/, '')}`;

/** An index of RubyGems is its files. */
const gemRepository = (directory: string): Repository => ({
  name: 'gems',
  answer: async (path) => {
    const content = await readBelow(directory, path);
    return content && { content, contentType: 'application/octet-stream', isPackage: path.endsWith('.gem') };
  },
});

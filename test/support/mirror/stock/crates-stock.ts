import { readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { fingerprint } from '../../image/fingerprint.ts';
import type { Repository } from '../answer.ts';
import { filledDirectory, readBelow } from './stock.ts';
import type { Stock } from './stock.ts';

const DOWNLOAD_MS = 300_000;

/** The crates of a `Cargo.lock`. `manifest` is the `Cargo.toml` beside it, of a package with a `src/main.rs`. */
export const cratesStock = async (manifest: string, lock: string): Promise<Stock> => {
  const home = await filledDirectory({
    key: `crates-${await fingerprint([], [manifest, lock])}`,
    files: { 'Cargo.toml': manifest, 'Cargo.lock': lock, 'src/main.rs': 'fn main() {}\n' },
    fill: async (destination, project) => {
      const rustup = process.env['RUSTUP_HOME'] ?? join(homedir(), '.rustup');
      const env = { CARGO_HOME: destination, RUSTUP_HOME: rustup };
      await runCommand('cargo', ['fetch', '--locked'], { cwd: project, env, timeout: DOWNLOAD_MS });
    },
  });
  const index = await onlyIn(join(home, 'registry', 'index'));
  const crates = await onlyIn(join(home, 'registry', 'cache'));
  return { repository: (url) => cratesRepository(join(index, '.cache'), crates, url) };
};

/** Cargo has a directory for each registry that it knows. */
const onlyIn = async (directory: string): Promise<string> => {
  const [name, ...others] = await readdir(directory);
  if (name === undefined || others.length > 0) throw new Error(`${directory} is not of one registry`);
  return join(directory, name);
};

/** The lines of an index file, which Cargo keeps between NULs, after each the version. */
export const indexLines = (cached: Buffer): readonly string[] =>
  cached
    .toString('utf8')
    .split('\0')
    .filter((part) => part.startsWith('{'));

/** https://doc.rust-lang.org/cargo/reference/registry-index.html#sparse-protocol */
const cratesRepository = (index: string, crates: string, url: string): Repository => ({
  name: 'crates',
  answer: async (path) => {
    if (path === 'config.json') {
      const config = JSON.stringify({ dl: `${url}/dl/{crate}-{version}.crate` });
      return { content: Buffer.from(config), contentType: 'application/json', isPackage: false };
    }
    if (path.startsWith('dl/')) {
      const content = await readBelow(crates, path.slice('dl/'.length));
      return content && { content, contentType: 'application/octet-stream', isPackage: true };
    }
    const cached = await readBelow(index, path);
    return (
      cached && { content: Buffer.from(indexLines(cached).join('\n')), contentType: 'text/plain', isPackage: false }
    );
  },
});

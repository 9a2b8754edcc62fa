import { existsSync } from 'node:fs';
import { join } from 'node:path';

import { runCommand } from '../command.ts';

/** The C library opens these by name; the dynamic linker does not list them. */
const OPENED_BY_NAME = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2'];

/** Absolute paths of the shared objects that a program is started with. */
export const sharedObjects = async (program: string): Promise<readonly string[]> => {
  const listed = await runCommand('ldd', [program]);
  const paths = [...listed.matchAll(/(?:=>\s*|^\s*)(?<path>\/\S+)\s+\(0x/gm)].map(
    (match) => match.groups?.['path'] ?? '',
  );
  const libraries = paths.map((path) => path.slice(0, path.lastIndexOf('/')));
  const directory = libraries.find((path) => existsSync(join(path, 'libresolv.so.2')));
  const byName = directory === undefined ? [] : OPENED_BY_NAME.map((name) => join(directory, name));
  return [...new Set([...paths, ...byName.filter((path) => existsSync(path))])].sort();
};

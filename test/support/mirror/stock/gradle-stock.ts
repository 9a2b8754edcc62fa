import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

import { runCommand } from '../../command.ts';
import { fingerprint } from '../../image/fingerprint.ts';
import type { Repository } from '../answer.ts';
import { filledDirectory, readBelow } from './stock.ts';
import type { Files, Stock } from './stock.ts';

const BUILD_MS = 600_000;

/** What Gradle downloads to build a project: it is built here once. */
export const gradleStock = async (files: Files): Promise<Stock> => {
  const home = await filledDirectory({
    key: `gradle-${await fingerprint([], [JSON.stringify(files)])}`,
    files,
    fill: async (destination, project) => {
      const env = { GRADLE_USER_HOME: destination };
      await runCommand('gradle', ['--no-daemon', '--quiet', 'build'], { cwd: project, env, timeout: BUILD_MS });
    },
  });
  return { repository: () => gradleRepository(join(home, 'caches', 'modules-2', 'files-2.1')) };
};

/** A path of a Maven repository as Gradle keeps it: `GROUP/NAME/VERSION/CHECKSUM/FILE`, with dots in the group. */
export const gradlePath = (path: string): { readonly directory: string; readonly file: string } | undefined => {
  const parts = path.split('/');
  const [name, version, file] = parts.slice(-3);
  const group = parts.slice(0, -3).join('.');
  if (group === '' || name === undefined || version === undefined || file === undefined) return undefined;
  return { directory: join(group, name, version), file };
};

const gradleRepository = (modules: string): Repository => ({
  name: 'gradle',
  answer: async (path) => {
    const { directory = '', file = '' } = gradlePath(path) ?? {};
    for (const checksum of await readdir(join(modules, directory)).catch(() => [])) {
      const content = await readBelow(modules, join(directory, checksum, file));
      if (content) return { content, contentType: 'application/octet-stream', isPackage: true };
    }
    return undefined;
  },
});

import { runCommand } from '../../command.ts';
import { fingerprint } from '../../image/fingerprint.ts';
import type { Repository } from '../answer.ts';
import { filledDirectory, readBelow } from './stock.ts';
import type { Files, Stock } from './stock.ts';

const BUILD_MS = 400_000;

/** What building a project takes, its plugins and what those ask for only at work included: it is built here once. */
export const mavenStock = async (files: Files): Promise<Stock> => {
  const directory = await filledDirectory({
    key: `maven-${await fingerprint([], [JSON.stringify(files)])}`,
    files,
    fill: async (destination, project) => {
      const words = ['--batch-mode', '--quiet', `-Dmaven.repo.local=${destination}`, 'package'];
      await runCommand('mvn', words, { cwd: project, timeout: BUILD_MS });
    },
  });
  return { repository: () => mavenRepository(directory) };
};

/** A local repository has the layout of a remote one. */
const mavenRepository = (directory: string): Repository => ({
  name: 'maven',
  answer: async (path) => {
    const content = await readBelow(directory, path);
    return content && { content, contentType: 'application/octet-stream', isPackage: /\.(?:jar|pom)$/.test(path) };
  },
});

import { readdir } from 'node:fs/promises';

import { runCommand } from '../../command.ts';
import { fingerprint } from '../../image/fingerprint.ts';
import type { Repository } from '../answer.ts';
import { filledDirectory, readBelow } from './stock.ts';
import type { Stock } from './stock.ts';

/** What pip gets by itself for a package that it has to build. */
const BUILD_TOOLS = ['setuptools', 'wheel'];
/** Of the interpreter in the image; wheels with native code are for one. */
const PYTHON_VERSION = '3.11';
const DOWNLOAD_MS = 300_000;

/** Names are compared without regard to case and to `-`, `_` and `.` (PEP 503). */
export const normalized = (name: string): string => name.toLowerCase().replaceAll(/[-_.]+/g, '-');

/** The name of the package in a file name of a wheel or a source distribution. */
export const packageOf = (file: string): string =>
  normalized(file.endsWith('.whl') ? (file.split('-')[0] ?? '') : file.replace(/-[^-]+$/, ''));

/** The packages that a text of requirements lists. */
export const pythonStock = async (requirements: string): Promise<Stock> => {
  const directory = await filledDirectory({
    key: `pypi-${await fingerprint([], [requirements, PYTHON_VERSION])}`,
    files: { 'requirements.txt': requirements },
    fill: async (destination, project) => {
      const words = ['--quiet', '--requirement', 'requirements.txt', ...BUILD_TOOLS, '--dest', destination];
      const env = { PIP_FIND_LINKS: undefined };
      await runCommand('python3', ['-m', 'pip', 'download', ...words], { cwd: project, env, timeout: DOWNLOAD_MS });
    },
  });
  return { repository: () => pythonRepository(directory) };
};

/** `simple/NAME/` lists the files of a package, `files/FILE` is one. */
const pythonRepository = (directory: string): Repository => ({
  name: 'pypi',
  answer: async (path) => {
    const { name, file } = /^(?:simple\/(?<name>[\w.-]+)\/|files\/(?<file>[^/]+))$/.exec(path)?.groups ?? {};
    if (file !== undefined) {
      const content = await readBelow(directory, file);
      return content && { content, contentType: 'application/octet-stream', isPackage: true };
    }
    if (name === undefined) return undefined;
    const files = (await readdir(directory)).filter((each) => packageOf(each) === normalized(name));
    if (files.length === 0) return undefined;
    const links = files.map((each) => `<a href="../../files/${encodeURIComponent(each)}">${each}</a>`);
    const page = `<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`;
    return { content: Buffer.from(page), contentType: 'text/html', isPackage: false };
  },
});

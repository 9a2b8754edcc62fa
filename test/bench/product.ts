import { join } from 'node:path';
import { rm, utimes } from 'node:fs/promises';

/** The product's own command line, as a user runs it. */
export interface Product {
  readonly node: string;
  readonly program: string;
}

const root = join(import.meta.dirname, '..', '..');

export const product: Product = { node: process.execPath, program: join(root, 'shared', 'cli', 'tekton-cache.js') };

const common = (verb: string, target: string, directory: string): string =>
  `exec ${product.node} ${product.program} ${verb} --json --target ${target} --workspace cache=${directory}`;

export const uploadCommand = (target: string, directory: string, ...options: readonly string[]): string =>
  [common('upload', target, directory), ...options].join(' ');

export const fetchCommand = (target: string, directory: string, ...options: readonly string[]): string =>
  [common('fetch', target, directory), ...options].join(' ');

/** Forgets what was restored or uploaded last, so that the next upload starts cold. */
export const forget = async (directory: string): Promise<void> => {
  await rm(join(directory, '.tekton-cache'), { recursive: true, force: true });
  // making and removing that changed the directory's time, and so the archives of peers
  await utimes(directory, 1, 1);
};

/** The results that the command line printed. */
export const results = (output: string): Readonly<Record<string, string>> =>
  JSON.parse(output) as Record<string, string>;

/** Throws unless the results are these. */
export const expectResults = (
  output: string,
  expected: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const found = results(output);
  for (const [name, value] of Object.entries(expected)) {
    if (found[name] !== value) throw new Error(`expected ${name}=${value}, got ${JSON.stringify(found)}`);
  }
  return found;
};

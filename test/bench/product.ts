import { rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { mkdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { cacheDirectory } from '../support/cache-directory.ts';
import { productEntries } from '../support/image/product/bundle.ts';
import { PRODUCT_CONFIG } from '../support/image/product/product-image.ts';

/** The product's own command line, as pods run it. */
export interface Product {
  readonly node: string;
  readonly program: string;
  /** The program of helper pods and injected steps. */
  readonly helper: string;
  /** `NAME=VALUE` */
  readonly env: readonly string[];
}

const root = join(import.meta.dirname, '..', '..');

/** The files of the image in a directory. */
const install = async (directory: string): Promise<Product> => {
  await rm(directory, { recursive: true, force: true });
  for (const [path, entry] of await productEntries(root)) {
    if (entry.type !== 'file') continue;
    const file = join(directory, relative('app', path));
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, entry.content);
  }
  await symlink(join(root, 'node_modules'), join(directory, 'node_modules'));
  const env = (PRODUCT_CONFIG.Env ?? []).filter((variable) => !variable.startsWith('PATH='));
  return {
    node: process.execPath,
    program: join(directory, 'shared', 'cli', 'tekton-cache.js'),
    helper: join(directory, 'shared', 'helper', 'main.js'),
    env,
  };
};

const place = cacheDirectory('bench', `product-${process.pid}`);
export const product = await install(place);
process.on('exit', () => rmSync(place, { recursive: true, force: true }));

const common = (verb: string, target: string, directory: string): string =>
  `exec env ${product.env.join(' ')} ${product.node} ${product.program} ${verb} --json --insecure --target ${target} --workspace cache=${directory}`;

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

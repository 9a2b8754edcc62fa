/** One script of many modules: each is a function that runs when it is asked for first, so that what a run does not need costs nothing. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';

import { transform } from 'esbuild';

/** Where it lies in the image, below `app`. */
export const ONE_SCRIPT = 'shared/programs.cjs';

/** What a program in the image begins with, as it is written. */
export const LOADER = join(import.meta.dirname, 'program-loader.js');

/** Bytecode is that of one script, for one version of Node on one architecture; any other does not find it. */
export const cacheFile = (script: string): string => {
  const digest = createHash('sha256').update(script).digest('hex');
  return `shared/programs-${process.version}-${process.arch}-${digest}.cache`;
};

/** ES modules by their paths, which they import each other by. */
export type Modules = ReadonlyMap<string, { readonly text: string; readonly exports: readonly string[] }>;

export const oneScript = async (modules: Modules): Promise<string> => {
  const parts: string[] = [];
  for (const [name, { text }] of modules) {
    parts.push(`${JSON.stringify(name)}: (exports, require, module, url) => {\n${await asFunctionBody(text)}}`);
  }
  // The value of the script.
  return `({\n${parts.join(',\n')}\n})\n`;
};

const asFunctionBody = async (module: string): Promise<string> => {
  const { code } = await transform(module, {
    format: 'cjs',
    platform: 'node',
    target: 'node24',
    // So that `import()` finds other modules of the script.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'url' },
  });
  if (code.includes('import_meta')) throw new Error('of `import.meta`, a module of the script has `url` alone');
  return withoutCopies(code);
};

/** A copy of all names of `node:fs` for each module takes 5 ms of a start; who imports a module's default needs one. */
const withoutCopies = (code: string): string =>
  code.replaceAll(
    /(?<name>\w+) = __toESM\((?<call>require\("node:[\w/]+"\))(?:, 1)?\)/g,
    (copy, name: string, call: string) => (code.includes(`${name}.default`) ? copy : `${name} = ${call}`),
  );

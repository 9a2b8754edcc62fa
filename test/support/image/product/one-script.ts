/** One script of many modules: each is a function that runs when it is asked for first, so that what a run does not need costs nothing. */
import { readFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { crc32 } from 'node:zlib';

import { transform } from 'esbuild';

/** Where it lies in the image, below `app`. */
export const ONE_SCRIPT = 'shared/programs.cjs';

/** What a program in the image begins with, as it is written. */
export const LOADER = join(import.meta.dirname, 'program-loader.js');

/** What the script begins with. */
const HEAD = join(import.meta.dirname, 'script-head.js');

/** Bytecode is that of one script, for one version of Node on one architecture; any other does not find it. */
export const cacheFile = (script: string): string => {
  return `shared/programs-${process.version}-${process.arch}-${crc32(script)}.cache`;
};

/** ES modules by their paths, which they import each other by. */
export type Modules = ReadonlyMap<string, { readonly text: string; readonly exports: readonly string[] }>;

export const oneScript = async (modules: Modules): Promise<string> => {
  const parts: string[] = [];
  for (const [name, { text }] of modules) {
    const body = withPaths(await asFunctionBody(text), name, modules);
    parts.push(`${JSON.stringify(name)}: (exports, load, require, url) => {\n${body}}`);
  }
  // The value of the script.
  return `(() => {\n${await readFile(HEAD, 'utf8')}return {\n${parts.join(',\n')}\n};\n})()\n`;
};

const asFunctionBody = async (module: string): Promise<string> => {
  const { code } = await transform(module, {
    format: 'cjs',
    // For Node there would be a list of the exports besides, which nobody reads.
    platform: 'neutral',
    target: 'node24',
    // So that `import()` finds other modules of the script.
    supported: { 'dynamic-import': false },
    define: { 'import.meta.url': 'url' },
  });
  if (code.includes('import_meta')) throw new Error('of `import.meta`, a module of the script has `url` alone');
  return withoutCopies(withoutBeginning(code));
};

/** What esbuild begins a module with. */
const OF_ESBUILD =
  'create|defProp|getOwnPropDesc|getOwnPropNames|getProtoOf|hasOwnProp|export|copyProps|toESM|toCommonJS';
const BEGINNING = new RegExp(String.raw`^var __(?:${OF_ESBUILD}) = (?:.*;|[^]*?^[})]+;)\n`, 'gm');
const BEGINNING_IS_USED = new RegExp(
  String.raw`\b(?:stdin_exports|module\.exports|__(?!export|toESM)(?:${OF_ESBUILD}))\b`,
);

/** The same functions in each of 64 modules are a part of the bytecode, and names would be found by two functions each, of the exports and of their copy. */
const withoutBeginning = (code: string): string => {
  const body = code
    .replaceAll(BEGINNING, '')
    .replace('var stdin_exports = {};\n', '')
    .replace('__export(stdin_exports, {', '__export(exports, {')
    .replace('module.exports = __toCommonJS(stdin_exports);\n', '');
  const [used] = BEGINNING_IS_USED.exec(body) ?? [];
  if (used !== undefined) throw new Error(`esbuild makes modules in another way than this program knows: ${used}`);
  return body;
};

/** Other modules are asked for by their paths below `app`: to work these out takes 2 ms of a start. */
const withPaths = (code: string, name: string, modules: Modules): string =>
  code.replaceAll(/require\("(?<id>\.{1,2}\/[^"]+)"\)/g, (_, id: string) => {
    const path = posix.join(posix.dirname(name), id);
    if (!modules.has(path)) throw new Error(`${name} imports ${path}, which the script does not have`);
    return `load(${JSON.stringify(path)})`;
  });

/**
 * A copy of all names of `node:fs` for each module takes 5 ms of a start; who imports a module's default needs one. Modules of the script are as
 * who imports them wants them.
 */
const withoutCopies = (code: string): string =>
  code
    .replaceAll(/__toESM\((?<call>require\("\.[^"]+"\))\)/g, '$<call>')
    .replaceAll(
      /(?<name>\w+) = __toESM\((?<call>require\("node:[\w/]+"\))(?:, 1)?\)/g,
      (copy, name: string, call: string) => (code.includes(`${name}.default`) ? copy : `${name} = ${call}`),
    );

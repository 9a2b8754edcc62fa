import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { build } from 'esbuild';

import type { LayerEntries, LayerEntry } from '../tar-layer.ts';
import { codeCache } from './code-cache.ts';
import { cacheFile, LOADER, ONE_SCRIPT, oneScript } from './one-script.ts';
import type { Modules } from './one-script.ts';

/** Programs that start for a single cache, and that a step or a pod waits for. */
const SHORT_PROGRAMS = ['shared/cli/main.ts', 'shared/helper/main.ts'];
/** What else is started by its path: programs that stay, and threads. */
const LONG_PROGRAMS = [
  'controller/main.ts',
  'controller/token-service/main.ts',
  'controller/storage/main.ts',
  'controller/health/health-thread.ts',
  'controller/resolver/rewriting-worker.ts',
  'shared/archive/unpack/extract-worker.ts',
  'shared/archive/pack/pack-worker.ts',
];
/** It says on an old Node what is needed, so a package has it as it is written. */
const LAUNCHER = 'shared/cli/tekton-cache.js';
/** The image has its own Node: there it is a program as the others are, as a module of its own would take 2 ms of a start. */
const LAUNCH = `await load('shared/cli/main.js').endWithProgram(process.argv.slice(2));\n`;

/**
 * The product's own files as they lie in the image, below `app`. Programs and threads have the paths of their sources; what is loaded on demand in the sources still is.
 * Those that start for a single cache are one script with its bytecode beside it (docs/adr/0076): a file for each module, and a compiler at
 * each start, took most of the time of a fetch with nothing to do.
 */
export const productEntries = async (repository: string): Promise<LayerEntries> => {
  const short = await modulesOf(repository, SHORT_PROGRAMS);
  const script = await oneScript(short);
  const loader = await readFile(LOADER, 'utf8');
  const text = (content: string | Buffer): LayerEntry => ({ type: 'file', content: Buffer.from(content) });
  const entries = new Map([
    ...(await writtenFiles(repository)),
    ...filesOf(await modulesOf(repository, LONG_PROGRAMS)),
    [join('app', ONE_SCRIPT), text(script)] as const,
    [join('app', LAUNCHER), text(loader + LAUNCH)] as const,
    ...SHORT_PROGRAMS.map(
      (source) => [join('app', asJavaScript(source)), text(loader + start(source, short))] as const,
    ),
  ]);
  return entries.set(join('app', cacheFile(script)), text(await codeCache(entries, repository)));
};

/** The same as modules, for whatever Node a package is installed with: all of the command line, and its threads. */
export const packageEntries = async (repository: string): Promise<LayerEntries> =>
  new Map([
    ...(await writtenFiles(repository)),
    ...filesOf(await modulesOf(repository, [...SHORT_PROGRAMS, ...LONG_PROGRAMS])),
  ]);

/** JavaScript by its path, in few files, as each module of its own costs half a millisecond of every start. */
const modulesOf = async (repository: string, entryPoints: readonly string[]): Promise<Modules> => {
  const outdir = join(repository, 'out');
  const { outputFiles, metafile } = await build({
    absWorkingDir: repository,
    entryPoints: [...entryPoints],
    outbase: '.',
    outdir,
    write: false,
    metafile: true,
    bundle: true,
    splitting: true,
    // As deep as the sources, for what they find by a relative path.
    chunkNames: 'shared/chunks/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    packages: 'external',
    logLevel: 'silent',
  });
  return new Map(
    outputFiles.map(({ path, text }) => {
      const exports = metafile.outputs[relative(repository, path)]?.exports ?? [];
      return [relative(outdir, path), { text, exports }];
    }),
  );
};

const filesOf = (modules: Modules): LayerEntries =>
  new Map([...modules].map(([path, { text }]) => [join('app', path), { type: 'file', content: Buffer.from(text) }]));

const writtenFiles = async (repository: string): Promise<LayerEntries> => {
  const read = async (file: string): Promise<readonly [string, LayerEntry]> => [
    join('app', file),
    { type: 'file', content: await readFile(join(repository, file)) },
  ];
  return new Map(await Promise.all(['package.json', LAUNCHER].map(read)));
};

const asJavaScript = (source: string): string => source.replace(/\.ts$/, '.js');

/** A program is one module, with the loader in it: to find another one takes as long as to read it. */
const start = (source: string, modules: Modules): string => {
  const name = asJavaScript(source);
  return `export const { ${modules.get(name)?.exports.join(', ')} } = load('${name}');\n`;
};

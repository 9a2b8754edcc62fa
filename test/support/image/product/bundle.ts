import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';

import { build } from 'esbuild';

import type { LayerEntries, LayerEntry } from '../tar-layer.ts';

/** What is started by its path: programs, and threads. */
const ENTRY_POINTS = [
  'controller/main.ts',
  'controller/token-service/main.ts',
  'controller/storage/main.ts',
  'controller/health/health-thread.ts',
  'controller/resolver/rewriting-worker.ts',
  'shared/cli/main.ts',
  'shared/helper/main.ts',
  'shared/archive/unpack/extract-worker.ts',
  'shared/archive/pack/pack-worker.ts',
];
/** It says on an old Node what is needed, so it stays as it is written. */
const LAUNCHER = 'shared/cli/tekton-cache.js';

/**
 * The product's own files as they lie in the image, below `app`: JavaScript, in few files, as each module of its own costs half a
 * millisecond of every start. Programs have the paths of their sources; what is loaded on demand in the sources still is.
 */
export const productEntries = async (repository: string): Promise<LayerEntries> => {
  const outdir = join(repository, 'out');
  const { outputFiles } = await build({
    absWorkingDir: repository,
    entryPoints: ENTRY_POINTS,
    outbase: '.',
    outdir,
    write: false,
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
  const entries = new Map<string, LayerEntry>();
  for (const file of ['package.json', LAUNCHER]) {
    entries.set(join('app', file), { type: 'file', content: await readFile(join(repository, file)) });
  }
  for (const { path, contents } of outputFiles) {
    entries.set(join('app', relative(outdir, path)), { type: 'file', content: Buffer.from(contents) });
  }
  return entries;
};

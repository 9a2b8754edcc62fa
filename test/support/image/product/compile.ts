import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { dirname, join } from 'node:path';

import type { LayerEntries, LayerEntry } from '../tar-layer.ts';

const FOLDERS = ['shared', 'controller'];

/** `from './x.ts'`, `import './x.ts'`, `import('./x.ts')`, `new URL('./x.ts', ...)`. */
const SPECIFIER = /(?<before>\b(?:from|import|URL)\s*\(?\s*)(?<quote>['"])(?<path>\.{1,2}\/[^'"\n]+)\.ts\k<quote>/g;

/**
 * JavaScript of one source file: without types, and with its imports of our own files under their new names.
 * Only a path that leads to a source file is changed; `exists` tells which do.
 */
export const compile = (source: string, exists: (path: string) => boolean): string =>
  stripTypeScriptTypes(source, { mode: 'strip' }).replaceAll(
    SPECIFIER,
    (whole, before: string, quote: string, path: string) =>
      exists(`${path}.ts`) ? `${before}${quote}${path}.js${quote}` : whole,
  );

/** What is still named `.ts` would not be found in the image. */
const requireCompiled = (file: string, code: string): void => {
  const [missing] = code.match(SPECIFIER) ?? [];
  if (missing !== undefined) throw new Error(`${file} names a file that does not exist: ${missing}`);
};

/** The product's own files as they lie in the image, below `app`. Types are stripped here, so that no start has to do it. */
export const productEntries = async (repository: string): Promise<LayerEntries> => {
  const manifest = await readFile(join(repository, 'package.json'));
  const entries = new Map<string, LayerEntry>([['app/package.json', { type: 'file', content: manifest }]]);
  for (const folder of FOLDERS) {
    for (const entry of await readdir(join(repository, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      const file = join(entry.parentPath, entry.name);
      const target = join('app', file.slice(repository.length + 1));
      const content = await readFile(file);
      if (file.endsWith('.ts')) {
        const code = compile(content.toString('utf8'), (path) => existsSync(join(dirname(file), path)));
        requireCompiled(file, code);
        entries.set(target.replace(/\.ts$/, '.js'), { type: 'file', content: Buffer.from(code) });
      } else {
        entries.set(target, { type: 'file', content });
      }
    }
  }
  return entries;
};

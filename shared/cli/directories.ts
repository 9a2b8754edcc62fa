import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { CacheError, ERROR_CODES } from '../errors.ts';
import { SOURCE } from '../interface/request.ts';
import type { CacheDirectory } from '../protocol.ts';

/** Workspaces as Tekton names them; a name becomes part of result names and of references. */
const NAME = /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/;

export interface Directories {
  readonly source?: string;
  readonly caches: readonly CacheDirectory[];
}

/** The directories of `--source DIR` and `--workspace NAME=DIR`, made absolute. */
export function readDirectories(source: string | undefined, workspaces: readonly string[]): Directories {
  const found = new Map<string, string>();
  const named = workspaces.map((text) => splitNamed('workspace', 'DIR', text));
  if (source !== undefined && source !== '') named.unshift([SOURCE, source]);
  for (const [name, dir] of named) {
    if (!NAME.test(name))
      throw invalid(`--workspace: ${JSON.stringify(name)} is no name; use letters, digits, - _ and .`);
    if (found.has(name)) throw invalid(`Workspace ${name} is given twice.`);
    found.set(name, resolve(dir));
  }
  const sourceDir = found.get(SOURCE);
  found.delete(SOURCE);
  const caches = [...found].map(([name, dir]) => ({ name, dir }));
  return { caches, ...(sourceDir === undefined ? {} : { source: sourceDir }) };
}

/** `NAME=VALUE` of a repeatable option. */
export function splitNamed(option: string, what: string, text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) {
    throw invalid(`--${option} ${JSON.stringify(text)} has to be NAME=${what}.`);
  }
  return [text.slice(0, equals), text.slice(equals + 1)];
}

export function requireDirectory(what: string, dir: string): void {
  if (statSync(dir, { throwIfNoEntry: false })?.isDirectory() !== true) {
    throw invalid(`${what} ${dir} is not a directory.`);
  }
}

function invalid(message: string): CacheError {
  return new CacheError(ERROR_CODES.InvalidParams, message);
}

import { isAbsolute, resolve } from 'node:path';
import { parseJson } from '../../interface/text/parse-json.ts';
import { invalidParams } from '../../errors.ts';
import { isDirectory } from '../../helper/is-directory.ts';
import { refuseUnexpanded } from '../../request/read-params.ts';
import { strangeInCache } from '../../request/request-fields.ts';
import { SOURCE } from '../../request/request.ts';
import type { CacheDirectory } from '../../request/protocol.ts';

/** Workspaces as Tekton names them; a name becomes part of result names and of references. */
const NAME = /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?$/;

export interface Directories {
  readonly source?: string;
  readonly caches: readonly CacheDirectory[];
}

interface DirectoryOptions {
  /** `--source DIR` */
  readonly source: string | undefined;
  /** `--workspace NAME=DIR` */
  readonly workspaces: readonly string[];
  /** `--cache JSON`, as resolvers write it */
  readonly caches: readonly string[];
  /** True where the directories are those of a step: what Tekton makes of `$(workspaces.NAME.path)`. */
  readonly inStep: boolean;
}

/** The directories of the options, made absolute. */
export function readDirectories({ source, workspaces, caches, inStep }: DirectoryOptions): Directories {
  const named = workspaces.map((text) => splitNamed('workspace', 'DIR', text));
  if (source !== undefined && source !== '') named.unshift([SOURCE, source]);
  const found = new Map<string, string>();
  for (const [name, dir] of named) {
    if (inStep) refuseElsewhere(name, dir);
    if (found.has(name)) throw invalidParams(`Workspace ${name} is given twice.`);
    found.set(name, resolve(dir));
  }
  const sourceDir = found.get(SOURCE);
  found.delete(SOURCE);
  const all = [...[...found].map(([name, dir]) => ({ name, dir })), ...caches.map((text) => readCache(text, inStep))];
  all.forEach(({ name }, at) => {
    if (!NAME.test(name))
      throw invalidParams(`--workspace: ${JSON.stringify(name)} is no name; use letters, digits, - _ and .`);
    if (all.findIndex((other) => other.name === name) !== at) throw invalidParams(`Workspace ${name} is given twice.`);
  });
  return { caches: all, ...(sourceDir === undefined ? {} : { source: sourceDir }) };
}

/** Refuses a directory of the step's own container. No other step sees it, so what a fetch restores there would be of no use. */
function refuseElsewhere(name: string, dir: string): void {
  const [param, text] = name === SOURCE ? [SOURCE, dir] : ['caches', `${name}=${dir}`];
  refuseUnexpanded(param, text);
  if (isAbsolute(dir)) return;
  throw invalidParams(
    `\`${param}\`: ${JSON.stringify(text)} is relative, and the step begins in the root of its own image. ` +
      'Write the whole path, such as $(workspaces.NAME.path)/DIRECTORY.',
  );
}

/** True for the `--cache` of an optional workspace to which nothing is bound: its directory is empty. */
export function isWithoutDirectory(text: string): boolean {
  const cache = parseJson(text);
  return isCacheDirectory(cache) && cache.dir === '';
}

function readCache(text: string, inStep: boolean): CacheDirectory {
  const cache = parseJson(text);
  // An empty path would be the directory that the process runs in.
  if (!isCacheDirectory(cache) || cache.dir === '')
    throw invalidParams(`--cache: ${text} is not an object with "name", "dir" and templates.`);
  const strange = strangeInCache(cache);
  if (strange !== undefined) throw invalidParams(`--cache: ${text}: ${strange}, which this release does not know.`);
  if (inStep) refuseElsewhere(cache.name, cache.dir);
  return { ...cache, dir: resolve(cache.dir) };
}

function isCacheDirectory(value: unknown): value is CacheDirectory {
  if (typeof value !== 'object' || value === null) return false;
  const of = (name: string): unknown => Reflect.get(value, name);
  const isText = (item: unknown): boolean => typeof item === 'string';
  return (
    isText(of('name')) &&
    isText(of('dir')) &&
    ['target', 'mode'].every((name) => of(name) === undefined || isText(of(name))) &&
    ['fallbacks', 'aliases', 'paths', 'origins'].every((name) => {
      const list = of(name);
      return list === undefined || (Array.isArray(list) && list.every(isText));
    })
  );
}

/** `NAME=VALUE` of a repeatable option. */
export function splitNamed(option: string, what: string, text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals <= 0 || equals === text.length - 1) {
    throw invalidParams(`--${option} ${JSON.stringify(text)} has to be NAME=${what}.`);
  }
  return [text.slice(0, equals), text.slice(equals + 1)];
}

export function requireDirectory(what: string, dir: string): void {
  if (!isDirectory(dir)) throw invalidParams(`${what} ${dir} is not a directory.`);
}

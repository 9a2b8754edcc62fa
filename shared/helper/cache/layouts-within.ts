/** Layouts that lie in a cached directory: an entry never holds the layout that it is in, and a fetch with `clean` never removes it. */
import { existsSync, realpathSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { invalidParams } from '../../errors.ts';
import { parseTarget } from '../../store/reference.ts';
import type { Target } from '../../store/reference.ts';

/** The characters that mean something in globs (docs/interface.md). */
const SIGNS = /[\\*?[\]{}()!+@|]/g;

/**
 * Globs below the directory that exclude the layouts of these targets. What is no target is passed over: who opens it says so. No
 * glob excludes the directory itself: before a fetch with `clean`, `refuseLayoutItself` has to refuse each target.
 */
export function layoutsWithin(dir: string, targets: readonly string[]): string[] {
  return targets.flatMap((text) => {
    const path = pathOfLayout(dir, text);
    return path === undefined || path === '' ? [] : [path.replace(SIGNS, String.raw`\$&`)];
  });
}

/** @throws CacheError `InvalidParams` where the directory is the layout of the target itself */
export function refuseLayoutItself(dir: string, target: string): void {
  if (pathOfLayout(dir, target) === '') throw invalidParams(`${target} is the cached directory itself.`);
}

/** The path of a layout, relative to the directory; undefined where it lies elsewhere, or the text is no layout. */
function pathOfLayout(dir: string, text: string): string | undefined {
  const target = parsed(text);
  if (target?.kind !== 'layout') return undefined;
  const path = relative(realPath(dir), realPath(resolve(target.dir)));
  return path.split('/')[0] === '..' ? undefined : path;
}

function parsed(text: string): Target | undefined {
  try {
    return parseTarget(text);
  } catch {
    return undefined;
  }
}

/** The path without links, also where nothing is there yet. */
function realPath(path: string): string {
  if (existsSync(path) || dirname(path) === path) return realpathSync(path);
  return join(realPath(dirname(path)), basename(path));
}

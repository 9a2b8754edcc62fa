/** What the arguments of a step say of its caches; pure. */
import { parseJson } from '../../../interface/text/parse-json.ts';
import { splitList } from '../../../interface/text/split-list.ts';
import { SOURCE } from '../../../request/request.ts';
import { expandIfGood } from '../../../request/template.ts';

interface GivenCaches {
  /** The template of the only cache, or else of all of them; empty where none is given. */
  readonly target: string;
  /** Empty where the arguments name none: those of a preset are known when it runs. */
  readonly names: readonly string[];
}

interface GivenCache {
  readonly name: string;
  readonly target?: string;
}

export function givenCaches(args: readonly string[]): GivenCaches {
  const target = valuesOf('target', args)[0] ?? '';
  const isPreset = valuesOf('preset', args).some((preset) => preset !== '');
  const caches = isPreset ? [] : [...workspaces(args), ...valuesOf('cache', args).flatMap(ownCache)];
  const [only] = caches;
  const names = caches.map(({ name }) => name);
  if (only === undefined || caches.length > 1) return { target, names };
  return { target: expandIfGood(only.target ?? target, { workspace: only.name }), names };
}

/** `--workspace NAME=DIR`, several as one list in a StepAction. What has no directory is not bound. */
function workspaces(args: readonly string[]): GivenCache[] {
  return valuesOf('workspace', args)
    .flatMap(splitList)
    .flatMap((text) => {
      const equals = text.indexOf('=');
      const name = text.slice(0, Math.max(equals, 0));
      return name === '' || name === SOURCE || equals === text.length - 1 ? [] : [{ name }];
    });
}

/** `--cache JSON`. */
function ownCache(text: string): GivenCache[] {
  const cache = parseJson(text);
  if (typeof cache !== 'object' || cache === null) return [];
  const { name, dir, target } = { name: undefined, dir: undefined, target: undefined, ...cache };
  if (typeof name !== 'string' || typeof dir !== 'string' || dir === '') return [];
  return [{ name, ...(typeof target === 'string' ? { target } : {}) }];
}

/** The option and its value are two words where a resolver wrote them, and one in a StepAction. */
function valuesOf(option: string, args: readonly string[]): string[] {
  const joined = `--${option}=`;
  return args.flatMap((word, at) => {
    if (word.startsWith(joined)) return [word.slice(joined.length)];
    return word === `--${option}` ? [args[at + 1] ?? ''] : [];
  });
}

/** What presets make of a request: a cache for each of theirs, named and kept as the table says unless the user says otherwise. */
import { escapeGlob } from '../glob/glob.ts';
import type { CacheDirectory, CacheRequest } from './protocol.ts';
import { cacheName } from '../presets/preset.ts';
import type { Preset, PresetCache } from '../presets/preset.ts';
import type { ParamValues } from './read-params.ts';
import { normalPaths } from '../interface/places/relative-path.ts';
import { hasTag } from './template.ts';
import { readPresets } from '../presets/choice.ts';

/** What the user gave; what is empty was not given. */
type Given = Pick<
  CacheRequest,
  'source' | 'target' | 'files' | 'exclude' | 'fallbacks' | 'aliases' | 'variables' | 'maxSize'
>;

/** The directory of the caches of presets where the sources are the only workspace. */
export const CACHES_BELOW_SOURCE = '.caches';

/** Where the caches of presets are: each in a directory of its name. */
export interface CachesRoot {
  readonly dir: string;
  readonly readOnly?: boolean;
}

/** The caches of presets below one root, in the order of the presets. */
export function presetCaches(presets: readonly Preset[], root: CachesRoot, given: Given): CacheDirectory[] {
  return presets.flatMap((preset) =>
    preset.caches.map((cache) => {
      const name = cacheName(preset, cache);
      const place = { name, dir: `${root.dir}/${name}`, ...(root.readOnly === true ? { readOnly: true } : {}) };
      return {
        ...place,
        ...ownParams({ name, cache, given, root: root.dir }),
        paths: [],
        mayBeMissing: true,
        ...(cache.makes === undefined ? {} : { makes: cache.makes }),
        ...(cache.comparesTimes === undefined ? {} : { comparesTimes: cache.comparesTimes }),
        ...boundsOf(cache, given),
      };
    }),
  );
}

/** The bounds of a cache, where the table says which files may go, and by which time. */
function boundsOf({ eviction, maxSize }: PresetCache, given: Given): Pick<CacheDirectory, 'eviction' | 'maxSize'> {
  if (eviction === undefined) return {};
  const bytes = given.maxSize ?? maxSize;
  return { eviction, ...(bytes === undefined ? {} : { maxSize: bytes }) };
}

/** The names of the caches that params have from presets: none yet for `auto`, and nothing where workspaces are the caches. */
export function presetCacheNames({ preset, paths }: ParamValues): readonly string[] | undefined {
  if (preset === undefined || normalPaths(paths ?? []).length > 0) return undefined;
  const choice = readPresets(preset);
  return choice.kind === 'auto'
    ? []
    : choice.presets.flatMap((found) => found.caches.map((cache) => cacheName(found, cache)));
}

/** Directories that the user chose by `paths`, with the key of a preset: its first cache says what belongs to it. */
export function withKeyOf(preset: Preset, caches: readonly CacheDirectory[], given: Given): CacheDirectory[] {
  const key = keyOfPreset(preset, given);
  return caches.map((directory) => ({ ...directory, ...key }));
}

/** Templates of what a directory of the user's own is kept under. The table's `exclude` is about the tool's layout, which it need not have. */
export function keyOfPreset(preset: Preset, given: Given): Omit<OwnParams, 'exclude'> {
  const [cache] = preset.caches;
  const { exclude: _, ...key } = ownParams({ name: `${preset.name}-{{workspace}}`, cache, given });
  return key;
}

interface Naming {
  /** A template: the beginning of the tag. */
  readonly name: string;
  readonly cache: PresetCache;
  readonly given: Given;
  /** The directory of all presets' caches. A lockfile in it belongs to no project. */
  readonly root?: string;
}

type OwnParams = Required<Pick<CacheDirectory, 'target' | 'files' | 'exclude' | 'fallbacks' | 'aliases'>>;

function ownParams({ name, cache, given, root = '' }: Naming): OwnParams {
  const { target, source, variables } = given;
  const image = cache.native && variables['image'] !== undefined ? '-{{image}}' : '';
  const tag = (last: string): string => `${name}-{{os}}-{{arch}}${image}-${last}`;
  const isOwnTag = hasTag(target);
  const reference = (last: string): string => (isOwnTag ? target : `${target}:${tag(last)}`);
  const isBuild = cache.kind === 'build';
  const moving = isOwnTag ? [] : [isBuild ? '{{default-branch}}' : 'latest'];
  return {
    target: reference(isBuild ? '{{branch}}' : '{{hash}}'),
    files: given.files.length > 0 ? given.files : [...cache.files, ...without(root, source)],
    exclude: given.exclude.length > 0 ? given.exclude : cache.exclude,
    fallbacks: given.fallbacks.length > 0 ? given.fallbacks : moving.map(reference),
    aliases: given.aliases.length > 0 ? given.aliases : isBuild ? [] : moving.map(tag),
  };
}

/** The glob that leaves a directory out, where it is below the sources. */
function without(dir: string, source: string | undefined): string[] {
  return source !== undefined && dir.startsWith(`${source}/`) ? [`!${escapeGlob(dir.slice(source.length + 1))}`] : [];
}

/**
 * Every field of a request. Who asks and who does it may be of two releases: `image` is a key of the configuration, a tag moves, and a node keeps
 * the image that it has. A field that a helper does not know asks for what it would not do, so it refuses the request.
 */
import type { RegistryToken } from '../interface/places/registry-token.ts';
import type { Eviction } from '../presets/preset.ts';
import type { BasicAuth, CacheDirectory, CacheRequest, Join, JoinNode, Limits } from './protocol.ts';

type Need = 'required' | 'optional';

/** What an object, or each object of a list, has: its fields, the words that some of them may be, and those that are objects themselves. */
interface Shape {
  readonly needs: Readonly<Record<string, Need>>;
  readonly words?: Readonly<Record<string, readonly unknown[]>>;
  readonly parts?: Readonly<Record<string, Shape>>;
}

/** The compiler sees to it that no field of the type is missing. */
interface ShapeOf<T> {
  readonly needs: { readonly [Name in keyof T]-?: object extends Pick<T, Name> ? 'optional' : 'required' };
  readonly words?: { readonly [Name in keyof T]?: readonly T[Name][] };
  readonly parts?: { readonly [Name in keyof T]?: Shape };
}

const MODES = ['pull-push', 'pull', 'push', 'off'] as const;

const JOIN_NODE = {
  needs: { task: 'required', targets: 'required', prefix: 'optional', after: 'required' },
} as const satisfies ShapeOf<JoinNode>;

const JOIN = {
  needs: { nodes: 'required', base: 'required' },
  parts: { nodes: JOIN_NODE },
} as const satisfies ShapeOf<Join>;

const EVICTION = {
  needs: { files: 'required', unit: 'required', usedBy: 'required', markedEveryMs: 'required' },
  words: { unit: ['file', 'hash'], usedBy: ['mtime', 'atime'] },
} as const satisfies ShapeOf<Eviction>;

const TRAVELS = {
  needs: { target: 'required', keepMs: 'required' },
} as const satisfies ShapeOf<NonNullable<CacheDirectory['travels']>>;

const CACHE = {
  needs: {
    name: 'required',
    dir: 'required',
    readOnly: 'optional',
    target: 'optional',
    fallbacks: 'optional',
    aliases: 'optional',
    mode: 'optional',
    files: 'optional',
    paths: 'optional',
    exclude: 'optional',
    maxSize: 'optional',
    eviction: 'optional',
    mayBeMissing: 'optional',
    makes: 'optional',
    join: 'optional',
    keepMs: 'optional',
    origins: 'optional',
    travels: 'optional',
  },
  words: { mode: MODES },
  parts: { eviction: EVICTION, join: JOIN, travels: TRAVELS },
} as const satisfies ShapeOf<CacheDirectory>;

const AUTO = {
  needs: { dir: 'required', readOnly: 'optional' },
} as const satisfies ShapeOf<NonNullable<CacheRequest['auto']>>;

const BASIC_AUTH = {
  needs: { directory: 'required', servers: 'required' },
} as const satisfies ShapeOf<BasicAuth>;

const REGISTRY_TOKEN = {
  needs: { registry: 'required', realm: 'required', tokenFile: 'required', ca: 'optional', publicKeys: 'optional' },
} as const satisfies ShapeOf<RegistryToken>;

const LIMITS = {
  needs: { maxBytes: 'optional', maxFiles: 'optional', maxBlobBytes: 'optional', maxExpansion: 'optional' },
} as const satisfies ShapeOf<Partial<Limits>>;

const REQUEST = {
  needs: {
    verb: 'required',
    target: 'required',
    files: 'required',
    hash: 'optional',
    noHash: 'optional',
    source: 'optional',
    caches: 'required',
    auto: 'optional',
    paths: 'required',
    exclude: 'required',
    fallbacks: 'required',
    aliases: 'required',
    mode: 'required',
    onMiss: 'required',
    onError: 'required',
    verify: 'optional',
    clean: 'required',
    force: 'required',
    onChange: 'optional',
    maxSize: 'optional',
    maxTimeMs: 'required',
    insecure: 'required',
    insecureRegistries: 'optional',
    dockerConfigs: 'required',
    basicAuths: 'optional',
    registryToken: 'optional',
    variables: 'required',
    limits: 'optional',
    compression: 'optional',
  },
  words: {
    verb: ['fetch', 'upload'],
    mode: MODES,
    onMiss: ['continue', 'fail'],
    onError: ['continue', 'fail'],
    verify: ['warn', 'require'],
    onChange: ['fail', 'leave-out'],
    compression: ['zstd', 'gzip'],
  },
  parts: { caches: CACHE, auto: AUTO, basicAuths: BASIC_AUTH, registryToken: REGISTRY_TOKEN, limits: LIMITS },
} as const satisfies ShapeOf<CacheRequest>;

/** What a request of another release has that this one does not know, or lacks, as words of a sentence; undefined where there is nothing. */
export function strangeInRequest(request: object): string | undefined {
  return strangeIn(request, REQUEST, '');
}

/** The same of one of its caches. */
export function strangeInCache(cache: object): string | undefined {
  return strangeIn(cache, CACHE, '');
}

function strangeIn(value: unknown, shape: Shape, place: string): string | undefined {
  if (Array.isArray(value)) return firstOf(value.map((item) => () => strangeIn(item, shape, place)));
  const { needs, words, parts } = shape;
  if (typeof value !== 'object' || value === null) return `\`${place}\` is no object`;
  const path = (name: string): string => (place === '' ? name : `${place}.${name}`);
  const fields = new Map<string, unknown>(Object.entries(value));
  const missing = Object.keys(needs).find((name) => needs[name] === 'required' && !fields.has(name));
  if (missing !== undefined) return `it lacks \`${path(missing)}\``;
  return firstOf(
    [...fields].map(([name, item]) => () => {
      if (!Object.hasOwn(needs, name)) return `it has \`${path(name)}\``;
      if (words?.[name]?.includes(item) === false) return `\`${path(name)}\` is ${JSON.stringify(item)}`;
      const part = parts?.[name];
      return part && strangeIn(item, part, path(name));
    }),
  );
}

function firstOf(questions: readonly (() => string | undefined)[]): string | undefined {
  for (const ask of questions) {
    const answer = ask();
    if (answer !== undefined) return answer;
  }
  return undefined;
}

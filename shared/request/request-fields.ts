/**
 * Every field of a request. The asker and the helper may be of two releases: `image` is a key of the configuration, a tag moves, and a node keeps the
 * image that it has. A field that a helper does not know asks for something that it would not do, so it refuses the request.
 */
import { MODES, VERBS } from '../interface/mode.ts';
import { strangeIn } from '../interface/shape.ts';
import type { ShapeOf } from '../interface/shape.ts';
import type { RegistryToken } from '../interface/places/registry-token.ts';
import type { Eviction } from '../presets/preset.ts';
import type { BasicAuth, CacheDirectory, CacheRequest, Join, JoinNode, Limits } from './protocol.ts';

const JOIN_NODE = {
  needs: { task: 'required', targets: 'required', prefix: 'optional', after: 'required' },
} as const satisfies ShapeOf<JoinNode>;

export const JOIN = {
  needs: { nodes: 'required', base: 'required' },
  parts: { nodes: JOIN_NODE },
} as const satisfies ShapeOf<Join>;

const EVICTION = {
  needs: { files: 'required', unit: 'required', usedBy: 'required', markedEveryMs: 'required' },
  words: { unit: ['file', 'hash'], usedBy: ['mtime', 'atime'] },
} as const satisfies ShapeOf<Eviction>;

export const TRAVELS = {
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
    comparesTimes: 'optional',
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
    hashes: 'optional',
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
    countsWorkAlone: 'optional',
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
    verb: VERBS,
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

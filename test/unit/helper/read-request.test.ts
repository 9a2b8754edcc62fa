import { expect } from 'chai';

import { readRequest } from '../../../shared/helper/read-request.ts';
import { PRESET_NAMES } from '../../../shared/presets/table.ts';
import { REQUEST_VARIABLE } from '../../../shared/request/protocol.ts';
import type { CacheRequest } from '../../../shared/request/protocol.ts';
import { parseRequest } from '../../../shared/request/request.ts';

/** Every field that there is. */
const WHOLE: Required<CacheRequest> = {
  verb: 'fetch',
  target: 'registry.example/cache:{{hash}}',
  files: ['go.sum'],
  hash: 'h',
  hashes: '/tekton/home/.caches/hashes.json',
  noHash: false,
  source: '/workspace/source',
  caches: [
    {
      name: 'go',
      dir: '/workspace/go',
      readOnly: false,
      target: 'registry.example/own:x',
      fallbacks: [],
      aliases: [],
      mode: 'pull',
      files: [],
      paths: [],
      exclude: [],
      maxSize: 1,
      eviction: { files: ['*'], unit: 'hash', usedBy: 'atime', markedEveryMs: 1 },
      mayBeMissing: true,
      comparesTimes: true,
      makes: [],
      join: { nodes: [{ task: 'a', targets: ['t'], prefix: 'p', after: [] }], base: [] },
      keepMs: 1,
      origins: [],
      travels: { target: 't', keepMs: 1 },
    },
  ],
  auto: { dir: '/workspace/caches', readOnly: true },
  paths: [],
  exclude: [],
  fallbacks: [],
  aliases: [],
  mode: 'pull-push',
  onMiss: 'fail',
  onError: 'continue',
  verify: 'require',
  clean: false,
  force: false,
  onChange: 'leave-out',
  maxSize: 1,
  countsWorkAlone: true,
  maxTimeMs: 0,
  insecure: false,
  insecureRegistries: [],
  dockerConfigs: [],
  basicAuths: [{ directory: '/credentials', servers: [] }],
  registryToken: { registry: 'r', realm: 'https://t/', tokenFile: '/token', ca: 'PEM', publicKeys: 'PEM' },
  variables: {},
  limits: { maxBytes: 1, maxFiles: 1, maxBlobBytes: 1, maxExpansion: 1 },
  compression: 'gzip',
};
const [CACHE] = WHOLE.caches;

const read = (request: object): CacheRequest => readRequest({ [REQUEST_VARIABLE]: JSON.stringify(request) });

describe('the request of a helper', () => {
  it('may have every field that there is', () => {
    expect(read(WHOLE)).to.deep.equal(WHOLE);
  });

  it('is known whole where it is of this release, with any preset', () => {
    for (const preset of [...PRESET_NAMES, 'auto']) {
      for (const verb of ['fetch', 'upload'] as const) {
        const request = parseRequest({
          verb,
          surface: 'customrun',
          params: { preset, target: 'registry.example/caches', branch: 'b', 'default-branch': 'main', image: 'i' },
          source: '/workspace/source',
          caches: [],
          variables: { namespace: 'builds' },
          dockerConfigs: [],
        });
        expect(read(request), preset).to.deep.equal(request);
      }
    }
  });

  const rows: readonly (readonly [string, object, string])[] = [
    ['a field that came later', { ...WHOLE, sign: true }, 'it has `sign`'],
    [
      'a field of a cache that came later',
      { ...WHOLE, caches: [CACHE, { ...CACHE, turn: 1 }] },
      'it has `caches.turn`',
    ],
    [
      'a field deep in it that came later',
      { ...WHOLE, caches: [{ ...CACHE, join: { nodes: [{ task: 'a', targets: [], after: [], only: 1 }], base: [] } }] },
      'it has `caches.join.nodes.only`',
    ],
    ['a name that every object has', { ...WHOLE, constructor: 1 }, 'it has `constructor`'],
    ['a word that came later', { ...WHOLE, verify: 'strict' }, '`verify` is "strict"'],
    ['another verb', { ...WHOLE, verb: 'prune' }, '`verb` is "prune"'],
    ['a field that was not yet', { ...WHOLE, clean: undefined }, 'it lacks `clean`'],
    ['a list that is an object now', { ...WHOLE, caches: ['/workspace/go'] }, '`caches` is no object'],
  ];
  for (const [what, request, said] of rows) {
    it(`is refused where it is of another release: ${what}`, () => {
      expect(() => read(request))
        .to.throw(
          `The request is of another release than this helper, which does not know all of it: ${said}. Take \`image\``,
        )
        .with.property('code', 'InvalidParams');
    });
  }

  it('is refused where it is none', () => {
    for (const text of [undefined, '', '{', '[]', '3', '{}']) {
      expect(() => readRequest(text === undefined ? {} : { [REQUEST_VARIABLE]: text }), text).to.throw(
        'does not hold a request',
      );
    }
  });
});

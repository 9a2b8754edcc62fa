import { expect } from 'chai';
import { CacheError, ERROR_CODES } from '../../../shared/errors.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import type { CacheDirectory, CacheReport } from '../../../shared/request/protocol.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { FakeEntries, found, pushed, request } from './fakes.ts';

const HASH = 'a'.repeat(64);
const ANNOTATIONS = { 'cache.tekton.dev/hash': HASH, 'cache.tekton.dev/expires': '2030-01-01T00:00:00Z' };
const handedOff = { ...found(), annotations: ANNOTATIONS };

describe('a handoff from task to task', () => {
  let entries: FakeEntries;
  beforeEach(() => (entries = new FakeEntries()));

  async function run(
    verb: 'fetch' | 'upload',
    cache: Partial<CacheDirectory>,
    more: Parameters<typeof request>[0] = {},
  ): Promise<CacheReport> {
    const caches = [{ name: 'cache', dir: '/workspace/cache', ...cache }];
    const ports = { entries, openStore: async (target: string) => openStore(target), log: { line: () => undefined } };
    return await runRequest(request({ verb, target: 'r.example/app:x', caches, ...more }), ports);
  }

  it('brings the hash along that it is to be kept under', async () => {
    entries.stored.set('r.example/app:x-1-build', handedOff);
    expect((await run('fetch', { target: 'r.example/app:x-1-build', fallbacks: [] })).results).to.include({
      hash: HASH,
      hit: 'true',
    });
  });

  it('is not misled by the hash of an entry that was kept for good', async () => {
    entries.stored.set('r.example/app:main', { ...found(), annotations: { 'cache.tekton.dev/hash': HASH } });
    expect((await run('fetch', { target: 'r.example/app:main', fallbacks: [] })).results).to.include({
      hash: '',
      hit: 'true',
    });
  });

  it('says when it may be dropped, and is kept also when there is nothing left', async () => {
    entries.pushed.set('r.example/app:x-1-build', pushed());
    await run('upload', { target: 'r.example/app:x-1-build', aliases: [], keepMs: 3_600_000 }, { hash: HASH });
    const [upload] = entries.uploads;
    const expires = Date.parse(upload?.annotations?.['cache.tekton.dev/expires'] ?? '');
    expect(upload?.annotations).to.include({ 'cache.tekton.dev/hash': HASH });
    expect(expires - Date.now()).to.be.within(3_500_000, 3_600_000);
    expect(upload?.evenEmpty).to.equal(true);
  });

  describe('and is kept under the key as well', () => {
    const travels = { target: 'r.example/app:x-1-last', keepMs: 1000 };
    const uploads = (): string[][] => entries.uploads.map(({ reference, aliases }) => [reference, ...aliases]);

    it('needs one upload where there is a key', async () => {
      entries.pushed.set('r.example/app:x', pushed());
      await run('upload', { travels, aliases: ['latest'] });
      expect(uploads()).to.deep.equal([['x', 'latest', 'x-1-last']]);
    });

    it('needs one more where it goes through another repository, which takes the layers of the key', async () => {
      entries.pushed.set('r.example/app:x', pushed());
      const apart = { target: 'r.example/runs/1/app:x-1-last', keepMs: 1000 };
      await run('upload', { travels: apart, aliases: ['latest'], origins: ['r.example/runs/1/app'] });
      const [key, moved] = entries.uploads.map(({ store, reference, aliases, bases = [] }) => ({
        to: [`${store.name}:${reference}`, ...aliases],
        bases: bases.map((base) => `${base.store.name}${base.reference === undefined ? '' : `:${base.reference}`}`),
      }));
      expect(key).to.deep.equal({
        to: ['r.example/app:x', 'latest'],
        bases: ['r.example/app:latest', 'r.example/runs/1/app'],
      });
      expect(moved).to.deep.equal({
        to: ['r.example/runs/1/app:x-1-last'],
        bases: ['r.example/runs/1/app', 'r.example/app'],
      });
    });

    it('moves on where the mode lets nobody write the key', async () => {
      entries.pushed.set('r.example/app:x-1-last', pushed());
      const { results } = await run('upload', { travels }, { mode: 'off' });
      expect(uploads()).to.deep.equal([['x-1-last']]);
      expect(entries.uploads[0]?.evenEmpty).to.equal(true);
      expect(results).to.include({ uploaded: 'false', reason: 'disabled' });
    });

    for (const mode of ['pull-push', 'push', 'pull', 'off'] as const) {
      for (const tag of ['x', '{{hash}}']) {
        it(`moves on in mode ${mode} with the key app:${tag}, beside it and apart, and builds upon its repository`, async () => {
          const places = ['r.example/app', 'r.example/runs/1/app'].map((repository) => `${repository}:x-1-last`);
          for (const target of places) {
            for (const hash of [{ hash: HASH }, { noHash: true }]) {
              entries.uploads.length = 0;
              const given = { mode, target: `r.example/app:${tag}`, ...hash };
              const { failure } = await run('upload', { travels: { target, keepMs: 1000 } }, given);
              expect(failure, target).to.equal(undefined);
              const { store, reference = '', aliases = [], bases = [] } = entries.uploads.at(-1) ?? {};
              expect([reference, ...aliases].map((name) => `${store?.name}:${name}`)).to.include(target);
              expect([store, ...bases.map((base) => base.store)].map((each) => each?.name)).to.include('r.example/app');
            }
          }
        });
      }
    }

    for (const repository of ['r.example/app', 'r.example/runs/1/app']) {
      it(`moves on in ${repository} where the key is refused, which the results and the failure still say`, async () => {
        const target = `${repository}:x-1-last`;
        const refused = (['Unauthorized', 'Refused', 'Unreachable', 'NotFound'] as const).map((code) => ({
          key: `r.example/app:${code}`,
          code,
        }));
        const named = { key: `r.example/app@sha256:${HASH}`, code: 'InvalidParams' } as const;
        for (const { key, code } of refused) entries.errors.set(key, new CacheError(ERROR_CODES[code], code));
        for (const { key, code } of [...refused, named]) {
          entries.uploads.length = 0;
          const given = { target: key, onError: 'fail' } as const;
          const { failure, results } = await run('upload', { travels: { target, keepMs: 1000 } }, given);
          const written = entries.uploads.map(({ store, reference }) => `${store.name}:${reference}`);
          expect(
            written.filter((name) => name !== key),
            code,
          ).to.deep.equal([target]);
          expect(failure?.code).to.equal(code);
          expect(results).to.include({ target: key, uploaded: 'false' });
        }
      });
    }

    it('says why the key failed, also where the handoff fails for another reason', async () => {
      entries.errors.set('r.example/app:x', new CacheError(ERROR_CODES.Refused, 'past the quota'));
      entries.errors.set('r.example/app:x-1-last', new CacheError(ERROR_CODES.Unreachable, 'gone'));
      const { failure } = await run('upload', { travels }, { onError: 'fail' });
      expect(failure).to.deep.equal({ code: 'Refused', message: 'past the quota' });
    });

    it('moves on where a repository that it may have come from has a name that needs the hash', async () => {
      const target = 'r.example/app/{{hash}}:x';
      for (const given of [{ mode: 'off' }, { noHash: true }] as const) {
        entries.uploads.length = 0;
        const { failure } = await run('upload', { travels }, { target, ...given });
        expect(failure).to.equal(undefined);
        expect(uploads()).to.deep.equal([['x-1-last']]);
      }
    });

    it('moves on by an entry of its own where the alias to it was not moved', async () => {
      const unmoved = [{ alias: 'x-1-build', message: 'no' }];
      entries.pushed.set('r.example/app:x', { ...pushed(), unmoved });
      await run('upload', { travels: { target: 'r.example/app:x-1-build', keepMs: 1000 } });
      expect(entries.uploads.map(({ reference }) => reference)).to.deep.equal(['x', 'x-1-build']);
    });

    it('moves on where the fetch gave no hash to keep it under', async () => {
      entries.pushed.set('r.example/app:x-1-last', pushed());
      const { results } = await run('upload', { travels, target: 'r.example/app:{{hash}}' }, { noHash: true });
      expect(uploads()).to.deep.equal([['x-1-last']]);
      expect(results).to.include({ reason: 'no-hash' });
    });

    it('moves on where nothing is left, which is not kept', async () => {
      entries.pushed.set('r.example/app:x', { ...pushed(), uploaded: false, reason: 'empty' });
      entries.pushed.set('r.example/app:x-1-last', pushed());
      await run('upload', { travels });
      expect(uploads()).to.deep.equal([['x', 'x-1-last'], ['x-1-last']]);
    });
  });

  describe('over several branches', () => {
    const join = {
      nodes: [
        { task: 'left', targets: ['r.example/app:x-1-left'], after: [] },
        { task: 'right', targets: ['r.example/app:x-1-right'], after: [] },
      ],
      base: ['r.example/app:base'],
    };

    it('is joined, and never mistaken for the target of the step', async () => {
      entries.stored.set('r.example/app:x', found());
      entries.stored.set('r.example/app:x-1-left', handedOff);
      const { results } = await run('fetch', { join });
      expect(entries.fetched).to.deep.equal([]);
      expect(entries.joined).to.deep.equal([
        ['r.example/app:base', 'r.example/app:x-1-left', 'r.example/app:x-1-right'],
      ]);
      expect(results).to.include({ hit: 'true', hash: HASH, target: 'left + right' });
    });

    it('comes from the one entry that stands for them, where there is one', async () => {
      entries.stored.set('r.example/app:x-1-join', handedOff);
      await run('fetch', { target: 'r.example/app:x-1-join', fallbacks: [], join });
      expect(entries.joined).to.deep.equal([]);
    });

    it('is a miss where there is none of them', async () => {
      expect((await run('fetch', { target: 'r.example/app:x-1-join', fallbacks: [], join })).results).to.include({
        match: 'miss',
        reason: 'not-found',
      });
    });
  });
});

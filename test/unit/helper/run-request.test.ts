import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { CacheError } from '../../../shared/errors.ts';
import type { ErrorCode } from '../../../shared/errors.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import type { CacheReport } from '../../../shared/request/protocol.ts';
import { openStore } from '../../../shared/store/open-store.ts';
import { FakeEntries, found, pushed, request } from './fakes.ts';

const HASH = 'a'.repeat(64);

describe('runRequest', () => {
  let source: string;
  let entries: FakeEntries;
  let lines: string[];

  beforeEach(() => {
    source = mkdtempSync(join(tmpdir(), 'run-request-'));
    entries = new FakeEntries();
    lines = [];
  });

  afterEach(() => rmSync(source, { recursive: true }));

  async function run(given: Parameters<typeof request>[0], signal?: AbortSignal): Promise<CacheReport> {
    const ports = {
      entries,
      openStore: async (target: string) => openStore(target),
      log: { line: (text: string) => lines.push(text) },
    };
    return runRequest(request({ source, hash: HASH, ...given }), ports, signal);
  }

  describe('fetch', () => {
    it('is a hit when the target exists', async () => {
      entries.stored.set(`r.example/app:${HASH}`, found());
      const { results, failure, message } = await run({});
      expect(results).to.deep.equal({
        hit: 'true',
        fetched: 'true',
        match: 'exact',
        hash: HASH,
        target: `r.example/app:${HASH}`,
        digest: 'sha256:1',
        size: '1200',
        reason: 'exact',
        'cache-hit': 'true',
        'cache-match': 'exact',
        'cache-digest': 'sha256:1',
        'cache-reason': 'exact',
      });
      expect(failure).to.equal(undefined);
      expect(message).to.include('Exact match');
      expect(lines[0]).to.equal(`cache cache: hit (exact) r.example/app:${HASH}`);
    });

    it('tries the fallbacks in order after a miss', async () => {
      entries.stored.set('r.example/app:main', found());
      const { results } = await run({ fallbacks: ['r.example/app:none', 'r.example/app:main', 'r.example/app:never'] });
      expect(results).to.include({
        hit: 'false',
        fetched: 'true',
        match: 'fallback',
        reason: 'fallback',
        target: 'r.example/app:main',
      });
      expect(entries.fetched).to.deep.equal([`r.example/app:${HASH}`, 'r.example/app:none', 'r.example/app:main']);
      expect(lines[0]).to.equal('cache cache: hit (fallback) r.example/app:main');
    });

    it('passes over a fallback that is no reference, and says so', async () => {
      entries.stored.set('r.example/app:main', found());
      const fallbacks = ['r.example/app:feature/x', 'r.example/app:{{slug()}}', 'r.example/app:main'];
      const { results, failure } = await run({ fallbacks });
      expect(results).to.include({ match: 'fallback', target: 'r.example/app:main' });
      expect(failure).to.equal(undefined);
      const notes = lines.filter((line) => line.includes('Passed over'));
      expect(notes.join('\n')).to.include('feature/x').and.include('the param in it is empty');
      expect(notes).to.have.length(2);
    });

    it('passes over a fallback that is the cached directory itself, and is a hit all the same where the target exists', async () => {
      const caches = [{ name: 'cache', dir: source }];
      const fallbacks = [`oci:${source}:v9`, 'r.example/app:main'];
      entries.stored.set('r.example/app:main', found());
      const fallback = await run({ caches, fallbacks });
      expect(fallback.results).to.include({ match: 'fallback', target: 'r.example/app:main' });
      expect(lines.filter((line) => line.includes('Passed over')).join('\n')).to.include('cached directory itself');
      entries.stored.set(`r.example/app:${HASH}`, found());
      const { results, failure } = await run({ caches, fallbacks });
      expect(results).to.include({ match: 'exact', reason: 'exact' });
      expect(failure).to.equal(undefined);
    });

    it('refuses with `clean` what would remove a layout: a target or a fallback that is the cached directory itself', async () => {
      const caches = [{ name: 'cache', dir: source }];
      const target = 'r.example/app:v1';
      entries.stored.set(target, found());
      const fallbacks = ['v9', '{{hash}}', '{{slug()}}', '{{workspace}}'].map((tag) => `oci:${source}:${tag}`);
      for (const fallback of fallbacks) {
        const given = { target, caches, fallbacks: [fallback], files: ['none'] };
        const { failure } = await run({ ...given, hash: undefined, clean: true });
        expect(failure?.message, fallback).to.include('cached directory itself');
        expect((await run({ ...given, clean: false })).results, fallback).to.include({ hit: 'true' });
      }
    });

    it('fails where the target is no reference, whatever the fallbacks are', async () => {
      entries.stored.set('r.example/app:main', found());
      const { failure } = await run({ target: 'r.example/app:feature/x', fallbacks: ['r.example/app:main'] });
      expect(failure?.code).to.equal('InvalidParams');
    });

    it('is a miss of the target when nothing exists', async () => {
      const { results, failure } = await run({ fallbacks: ['r.example/app:none'] });
      expect(results).to.include({ match: 'miss', reason: 'not-found', target: `r.example/app:${HASH}`, size: '0' });
      expect(failure).to.equal(undefined);
      expect(lines[0]).to.equal(`cache cache: miss (not-found) r.example/app:${HASH}`);
    });

    it('goes on to the fallbacks when the target is broken or out of reach, and says why', async () => {
      entries.errors.set(`r.example/app:${HASH}`, new CacheError('InvalidImage', 'The image has two heads.'));
      entries.stored.set('other.example/app:main', found());
      const { results, failure } = await run({ fallbacks: ['other.example/app:main'] });
      expect(results).to.include({ match: 'fallback', reason: 'fallback' });
      expect(failure).to.equal(undefined);
      expect(lines.join('\n')).to.include('two heads');
    });

    it('keeps the reason of the first error when the fallbacks miss', async () => {
      entries.errors.set(`r.example/app:${HASH}`, new CacheError('Unauthorized', 'No.'));
      expect((await run({ fallbacks: ['r.example/app:none'] })).results).to.include({
        match: 'miss',
        reason: 'unauthorized',
      });
    });

    it('stops at what no other target can help', async () => {
      entries.errors.set(`r.example/app:${HASH}`, new CacheError('Unwritable', 'The disk is full.'));
      expect((await run({ fallbacks: ['r.example/app:main'] })).results).to.include({ reason: 'unwritable' });
      expect(entries.fetched).to.have.length(1);
    });

    it('gives every error its reason', async () => {
      const reasons: Partial<Record<ErrorCode, string>> = {
        Unauthorized: 'unauthorized',
        Unreachable: 'unreachable',
        NotFound: 'not-found',
        DigestMismatch: 'invalid-image',
        InvalidImage: 'invalid-image',
        TooLarge: 'too-large',
        Unreadable: 'unreadable',
        Unwritable: 'unwritable',
        Deadline: 'deadline',
        Cancelled: 'cancelled',
        Internal: 'internal',
      };
      for (const code of Object.keys(reasons) as ErrorCode[]) {
        entries.errors.set(`r.example/app:${HASH}`, new CacheError(code, 'x'));
        const { results, failure } = await run({});
        expect(results, code).to.include({ reason: reasons[code], match: 'miss' });
        expect(failure, code).to.equal(undefined);
      }
    });

    it('does not write into a workspace that cannot be written', async () => {
      const { results } = await run({ caches: [{ name: 'cache', dir: '/c', readOnly: true }] });
      expect(results).to.include({ reason: 'unwritable' });
      expect(entries.fetched).to.deep.equal([]);
    });

    it('joins several caches, each with its own workspace in the target', async () => {
      entries.stored.set(`r.example/go:${HASH}`, found());
      const caches = ['go', 'npm'].map((name) => ({ name, dir: `/w/${name}` }));
      const { results, message } = await run({ target: 'r.example/{{workspace}}:{{hash}}', caches });
      expect(results).to.include({
        hit: 'false',
        match: 'miss',
        reason: 'not-found',
        'go-hit': 'true',
        'npm-reason': 'not-found',
      });
      expect(message).to.include('go: ').and.include('npm: ');
    });

    it('takes the target, fallbacks and mode of a cache before those of the request', async () => {
      entries.stored.set('r.example/own:f', found());
      const own = { name: 'own', dir: '/o', target: 'r.example/own:t', fallbacks: ['r.example/own:f'] };
      const off = { name: 'off', dir: '/x', mode: 'off' as const };
      const { results } = await run({ caches: [own, off] });
      expect(results).to.include({ 'own-match': 'fallback', 'off-reason': 'disabled' });
      expect(entries.fetched).to.deep.equal(['r.example/own:t', 'r.example/own:f']);
    });
  });

  describe('hash', () => {
    it('is computed from the files, and listed after the verdict', async () => {
      writeFileSync(join(source, 'go.sum'), 'hello\n');
      const { results } = await run({ hash: undefined, files: ['go.sum'] });
      expect(results['hash']).to.equal('5712d2200c60d53992cb4544f0f27ac46183bbc9e8559405eddde87641490e2b');
      expect(results['target']).to.equal(`r.example/app:${results['hash']}`);
      expect(lines[0]).to.match(/^cache cache: miss/);
      expect(lines.join('\n')).to.include('go.sum 6 B');
    });

    it('is missing when no file matches, and so is the entry', async () => {
      const { results, failure } = await run({ hash: undefined, files: ['go.sum'] });
      expect(results).to.include({ hash: '', target: '', match: 'miss', reason: 'no-files' });
      expect(failure).to.equal(undefined);
      expect(entries.fetched).to.deep.equal([]);
    });

    it('is not needed by a fallback that does not use it', async () => {
      entries.stored.set('r.example/app:main', found());
      const { results } = await run({ hash: undefined, files: ['go.sum'], fallbacks: ['r.example/app:main'] });
      expect(results).to.include({ match: 'fallback', reason: 'fallback' });
    });

    it('is told by a fetch that mode push switches off, as the upload goes by it', async () => {
      writeFileSync(join(source, 'go.sum'), 'hello\n');
      const pushing = await run({ hash: undefined, files: ['go.sum'], mode: 'push' });
      expect(pushing.results).to.include({ reason: 'disabled', match: 'miss' });
      expect(pushing.results['hash']).to.have.length(64);
      const off = await run({ hash: undefined, files: ['go.sum'], mode: 'off' });
      expect(off.results).to.include({ reason: 'disabled', hash: '' });
    });
  });

  describe('upload', () => {
    const upload = { verb: 'upload' } as const;

    it('tells what it sent', async () => {
      entries.pushed.set(`r.example/app:${HASH}`, pushed());
      const { results } = await run(upload);
      expect(results).to.deep.equal({
        uploaded: 'true',
        hash: HASH,
        target: `r.example/app:${HASH}`,
        digest: 'sha256:2',
        size: '1200',
        bytes: '300',
        reason: 'pushed',
        'cache-uploaded': 'true',
        'cache-digest': 'sha256:2',
        'cache-reason': 'pushed',
      });
      expect(lines[0]).to.equal(`cache cache: uploaded (pushed) r.example/app:${HASH}`);
    });

    it('is not one when the fetch gave no hash', async () => {
      const { results, failure } = await run({ ...upload, hash: undefined, noHash: true });
      expect(results).to.include({ uploaded: 'false', reason: 'no-hash' });
      expect(failure).to.equal(undefined);
      expect(entries.uploads).to.deep.equal([]);
    });

    it('puts aliases beside the target: tags, or references in its repository', async () => {
      await run({ ...upload, aliases: ['main', 'r.example/app:{{workspace}}'] });
      expect(entries.uploads[0]).to.deep.include({ reference: HASH, aliases: ['main', 'cache'] });
    });

    it('is one where an alias was not moved, which the message tells', async () => {
      const unmoved = [{ alias: 'main', message: 'the tag is protected' }];
      entries.pushed.set(`r.example/app:${HASH}`, { ...pushed(), unmoved });
      const { results, message, failure } = await run({ ...upload, aliases: ['main'], onError: 'fail' });
      expect(results).to.include({ uploaded: 'true', reason: 'pushed' });
      expect(message).to.contain('The alias main was not moved: the tag is protected');
      expect(failure).to.equal(undefined);
    });

    it('refuses an alias in another repository and a digest as a target', async () => {
      const elsewhere = await run({ ...upload, aliases: ['r.example/other:main'] });
      expect(elsewhere.results).to.include({ reason: 'invalid-params' });
      expect(elsewhere.failure?.code).to.equal('InvalidParams');
      const digest = await run({ ...upload, target: `r.example/app@sha256:${HASH}` });
      expect(digest.failure?.message).to.include('needs a tag');
      expect(entries.uploads).to.deep.equal([]);
    });

    it('is forced by mode push, and does nothing under pull', async () => {
      await run({ ...upload, mode: 'push' });
      await run(upload);
      expect((await run({ ...upload, mode: 'pull' })).results).to.include({ uploaded: 'false', reason: 'disabled' });
      expect(entries.uploads.map(({ force }) => force)).to.deep.equal([true, false]);
    });
  });

  describe('strictness', () => {
    const missing = { hash: undefined, files: ['go.sum'] };

    it('fails on a miss only when asked to', async () => {
      expect((await run({ onMiss: 'fail' })).failure).to.deep.include({ code: 'NotFound' });
      expect((await run({ ...missing, onMiss: 'fail' })).failure?.message).to.include('go.sum');
      entries.stored.set('r.example/app:main', found());
      expect((await run({ onMiss: 'fail', fallbacks: ['r.example/app:main'] })).failure).to.equal(undefined);
      expect((await run({ ...missing, verb: 'upload', onMiss: 'fail' })).failure).not.to.equal(undefined);
    });

    it('fails on an error only when asked to, also when a fallback made up for it', async () => {
      entries.errors.set(`r.example/app:${HASH}`, new CacheError('Unreachable', 'No answer.'));
      entries.stored.set('r.example/app:main', found());
      const { failure, results } = await run({ onError: 'fail', fallbacks: ['r.example/app:main'] });
      expect(failure).to.deep.equal({ code: 'Unreachable', message: 'No answer.' });
      expect(results).to.include({ match: 'fallback' });
      expect((await run({ onMiss: 'fail', fallbacks: [] })).failure).not.to.equal(undefined);
    });

    it('never fails on what was switched off', async () => {
      expect((await run({ mode: 'off', onMiss: 'fail', onError: 'fail' })).failure).to.equal(undefined);
    });

    it('always fails on a wrong param', async () => {
      const { failure, results } = await run({ target: 'r.example/UPPER:x' });
      expect(failure?.code).to.equal('InvalidParams');
      expect(results).to.include({ reason: 'invalid-params' });
    });
  });

  describe('log', () => {
    const noFiles = { hash: undefined, files: ['go.sum'] };
    const empty = { ...pushed(), uploaded: false, reason: 'empty', size: 0, bytesSent: 0 } as const;
    const cases: Readonly<Record<string, Parameters<typeof request>[0]>> = {
      'a fetch without an entry': {},
      'a fetch without files to hash': noFiles,
      'a fetch without files to hash, and fallbacks': {
        ...noFiles,
        fallbacks: ['r.example/app:{{hash}}-old', 'r.example/app:main'],
      },
      'an upload without files to hash': { ...noFiles, verb: 'upload' },
      'an upload of nothing': { verb: 'upload', target: 'r.example/app:empty' },
      'what is switched off': { mode: 'off' },
    };
    for (const [what, given] of Object.entries(cases)) {
      it(`says once why there is nothing, as the message does: ${what}`, async () => {
        entries.pushed.set('r.example/app:empty', empty);
        const { message } = await run(given);
        expect(message).to.not.equal('');
        expect(lines.filter((line) => line.trim() === message)).to.have.length(1);
      });
    }
  });

  it('gives up after max-time by itself', async () => {
    entries.hang = true;
    const { results, failure } = await run({ maxTimeMs: 20 });
    expect(results).to.include({ reason: 'deadline', match: 'miss' });
    expect(failure).to.equal(undefined);
  });

  it('stops when it is told to', async () => {
    entries.hang = true;
    const stopped = AbortSignal.abort(new CacheError('Cancelled', 'Stopped.'));
    expect((await run({ fallbacks: ['r.example/app:main'] }, stopped)).results).to.include({ reason: 'cancelled' });
  });
});

/** A claim as ext file systems give it, to a user that is not root: `lost+found` at its top is root's. Only root can make one. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const PROGRAM = fileURLToPath(new URL('../../shared/cli/tekton-cache.js', import.meta.url));
const USER = 12_001;

describe('the `lost+found` of a volume', function () {
  this.timeout(60_000);
  let base: string;

  before(function () {
    if (process.getuid?.() !== 0) this.skip();
  });
  beforeEach(() => {
    base = fs.mkdtempSync(join(tmpdir(), 'tekton-cache-volume-'));
    fs.chmodSync(base, 0o777);
    volume('source', { 'go.sum': 'sums' });
    volume('cache', { 'deep/lost+found/mine': 'a directory that has but the name' });
  });
  afterEach(() => fs.rmSync(base, { recursive: true }));

  /** All that is in it belongs to the user, and the directory of the file system to root. */
  function volume(name: string, files: Readonly<Record<string, string>>): void {
    const root = join(base, name);
    for (const [path, content] of Object.entries(files)) {
      fs.mkdirSync(dirname(join(root, path)), { recursive: true });
      fs.writeFileSync(join(root, path), content);
    }
    for (const path of ['', ...fs.readdirSync(root, { recursive: true, encoding: 'utf8' })]) {
      fs.chownSync(join(root, path), USER, USER);
    }
    fs.mkdirSync(join(root, 'lost+found'));
    fs.writeFileSync(join(root, 'lost+found/#12'), 'found by fsck');
    fs.chmodSync(join(root, 'lost+found'), 0o700);
  }

  function run(verb: string, ...options: readonly string[]): unknown {
    const key = ['--target', `oci:${join(base, 'store')}:{{hash}}`, '--files', '**'];
    const directories = ['--source', join(base, 'source'), '--workspace', `cache=${join(base, 'cache')}`];
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [PROGRAM, verb, ...key, ...directories, ...options, '--json'],
      { uid: USER, gid: USER, encoding: 'utf8', env: {} },
    );
    expect(stdout, stderr).to.not.equal('');
    return JSON.parse(stdout);
  }

  for (const [asked, paths] of [
    ['the whole volume is', []],
    ['globs that it matches are', ['--paths', '*,deep/**']],
  ] as const) {
    it(`is no part of the cache where ${asked} asked for: it is neither hashed nor stored nor removed`, () => {
      expect(run('upload', ...paths)).to.include({ uploaded: 'true' });
      fs.rmSync(join(base, 'cache/deep'), { recursive: true });
      expect(run('fetch', ...paths, '--clean')).to.include({ hit: 'true' });
      expect(fs.readFileSync(join(base, 'cache/deep/lost+found/mine'), 'utf8')).to.include('has but the name');
      expect(fs.readFileSync(join(base, 'cache/lost+found/#12'), 'utf8')).to.equal('found by fsck');
    });
  }
});

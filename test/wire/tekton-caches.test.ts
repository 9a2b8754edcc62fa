import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

import { runCommand } from '../support/command.ts';
import { startProgram } from '../support/process/program.ts';
import { crane, pushPeerImage } from '../support/registry/peer-image.ts';
import { startRegistry } from '../support/registry/registry-process.ts';
import type { RunningRegistry } from '../support/registry/registry-process.ts';

type Results = Readonly<Record<string, string>>;

const OPENED = { GOSUM: 'one\n', OTHER: 'two\n' } as const;

/** The key that tekton-caches gives the two files below. */
const PEER_KEY = createHash('sha256').update(OPENED.GOSUM).update(OPENED.OTHER).digest('hex');

describe('what the StepActions of manifests/tekton-caches run', () => {
  let registry: RunningRegistry;
  let dir: string;
  let work: string;
  let folder: string;

  before(async () => {
    registry = await startRegistry();
  });
  after(() => registry.stop());

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-peer-'));
    [work, folder] = [join(dir, 'work'), join(dir, 'folder')];
    await mkdir(join(work, 'sub'), { recursive: true });
    await mkdir(folder);
    await writeFile(join(work, 'go.sum'), OPENED.GOSUM);
    await writeFile(join(work, 'sub', 'go.sum'), OPENED.OTHER);
  });
  afterEach(() => rm(dir, { recursive: true }));

  const target = (name: string): string => `oci://${registry.host}/peer/${name}:{{hash}}`;

  /** What a Task gives besides: the texts of PATTERNS, or `--folder` and `--workingdir` in the place of ours. */
  async function run(verb: 'fetch' | 'upload', uri: string, ...more: string[]): Promise<Results> {
    const results = await mkdtemp(join(dir, 'results-'));
    const patterns = more.filter((word) => !word.startsWith('--'));
    const given = [`--target=${uri}`, `--folder=${folder}`, `--workingdir=${work}`, `--results-dir=${results}`];
    const options = [...given, ...more.filter((word) => word.startsWith('--'))];
    const args = ['tekton-caches', verb, ...options, '--', ...(patterns.length > 0 ? patterns : ['**/go.sum'])];
    const { code, err } = await startProgram('shared/cli/tekton-cache.js', args, { HOME: dir }).ended;
    expect(code, err).to.equal(0);
    const names = await readdir(results);
    return Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, await readFile(join(results, name), 'utf8')] as const)),
    );
  }

  it('finds an image that tekton-caches pushed, under its key', async () => {
    await writeFile(join(folder, 'dep'), 'of the peer');
    await pushPeerImage(folder, `${registry.host}/peer/theirs:${PEER_KEY}`);
    await rm(join(folder, 'dep'));

    const results = await run('fetch', target('theirs'));
    expect(results).to.include({ fetched: 'true', hit: 'true', reason: 'exact', hash: PEER_KEY });
    expect(await readFile(join(folder, 'dep'), 'utf8')).to.equal('of the peer');
  });

  it('uploads what the library of tekton-caches reads, under its key', async () => {
    await writeFile(join(folder, 'dep'), 'of ours');
    expect(await run('upload', target('ours'))).to.include({ uploaded: 'true', reason: 'pushed', hash: PEER_KEY });

    const image = `${registry.host}/peer/ours:${PEER_KEY}`;
    const script = '"$1" export --insecure "$2" - | tar -xO dep || "$1" export --insecure "$2" - | tar -xO ./dep';
    expect(await runCommand('bash', ['-c', script, 'sh', await crane(), image])).to.equal('of ours');
  });

  it('uploads nothing after a fetch, unless it is forced to', async () => {
    await writeFile(join(folder, 'dep'), 'kept');
    expect(await run('upload', target('again'), '--fetched=true')).to.include({
      uploaded: 'false',
      reason: 'unchanged',
    });
    expect(await run('upload', target('again'), '--fetched=true', '--force=true')).to.include({ reason: 'pushed' });
  });

  it('misses softly where there is no image, no file to hash, or no registry in the URI', async () => {
    expect(await run('fetch', target('nothing'))).to.include({ fetched: 'false', reason: 'not-found' });
    expect(await run('fetch', 's3://bucket/{{hash}}')).to.include({ fetched: 'false', reason: 'invalid-params' });
    await rm(work, { recursive: true });
    await mkdir(work);
    expect(await run('fetch', target('nothing'))).to.include({ fetched: 'false', reason: 'no-files' });
    expect(await run('upload', target('nothing'))).to.include({ uploaded: 'false', reason: 'no-files' });
  });

  it('reads texts as the shell of tekton-caches does: white space ends a word', async () => {
    const spaced = `${target('spaced')}\n`;
    const given = [`--folder=${folder}\n`, `--workingdir=${work}\n`, '**/go.mod **/none\n**/go.sum'];
    await writeFile(join(folder, 'dep'), 'kept');
    expect(await run('upload', spaced, ...given)).to.include({ reason: 'pushed', hash: PEER_KEY });
    expect(await run('fetch', spaced, ...given)).to.include({ fetched: 'true', hash: PEER_KEY });
  });

  it('ends with results, whatever is wrong with the files and the directories', async () => {
    await symlink('/proc/self/mem', join(work, 'memory'));
    for (const verb of ['fetch', 'upload'] as const) {
      const reasonOf = async (...more: string[]): Promise<string | undefined> =>
        (await run(verb, target('wrong'), ...more))['reason'];
      expect(await reasonOf('**/memory'), 'a file that nobody can read').to.equal('unreadable');
      expect(await reasonOf(`--workingdir=${work}/none`), 'no directory').to.equal('no-files');
      expect(await reasonOf(`--workingdir=${work}/go.sum`), 'a file').to.equal('no-files');
      expect(await reasonOf('--workingdir=.'), 'relative to a step of ours').to.equal('invalid-params');
      expect(await reasonOf('--folder=cache'), 'relative to a step of ours').to.equal('invalid-params');
    }
    expect(await run('fetch', target('wrong'), `--folder=${work}/go.sum/cache`)).to.include({
      fetched: 'false',
      reason: 'unwritable',
    });
  });

  it('makes a folder in which the steps of any user may write, as tekton-caches does', async () => {
    expect(await run('fetch', target('nothing'), `--folder=${folder}/made`)).to.include({ reason: 'not-found' });
    expect((await stat(join(folder, 'made'))).mode & 0o777).to.equal(0o777);
  });
});

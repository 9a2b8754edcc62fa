import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, mkdtemp, readdir, readFile, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { startProgram } from '../support/process/program.ts';
import type { Ended } from '../support/process/program.ts';
import { startRegistry } from '../support/registry/registry-process.ts';
import type { RunningRegistry } from '../support/registry/registry-process.ts';

type Results = Record<string, string>;

describe('tekton-cache on the command line', () => {
  let dir: string;
  let registry: RunningRegistry;
  let source: string;
  let modules: string;

  before(async () => {
    registry = await startRegistry();
  });

  after(() => registry.stop());

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-cli-'));
    source = join(dir, 'source');
    modules = join(dir, 'modules');
    await mkdir(source);
    await mkdir(join(modules, 'bin'), { recursive: true });
    await writeFile(join(source, 'go.sum'), 'first\n');
    await writeFile(join(modules, 'bin/tool'), '#!/bin/sh\n');
    await chmod(join(modules, 'bin/tool'), 0o755);
    await writeFile(join(modules, 'data'), 'x'.repeat(100_000));
    await symlink('bin/tool', join(modules, 'link'));
  });

  afterEach(() => rm(dir, { recursive: true }));

  function run(...args: string[]): Promise<Ended> {
    return startProgram('shared/cli/tekton-cache.js', args, { HOME: dir }).ended;
  }

  async function results(
    verb: 'fetch' | 'upload',
    target: string,
    cache: string,
    ...options: string[]
  ): Promise<Results> {
    const given = ['--target', target, '--source', source, '--files', '**/go.sum', '--workspace', `go=${cache}`];
    const { code, out, err } = await run(verb, ...given, '--json', ...options);
    expect(code, err).to.equal(0);
    const parsed: Results = JSON.parse(out);
    return parsed;
  }

  /** A transfer of the modules to or from a registry that says nothing. */
  function transferArgs(verb: 'fetch' | 'upload', { port }: SilentServer): string[] {
    return [verb, '--target', `127.0.0.1:${port}/x:y`, '--workspace', `go=${modules}`];
  }

  async function emptyDirectory(name: string): Promise<string> {
    const path = join(dir, name);
    await mkdir(path);
    return path;
  }

  for (const kind of ['a registry', 'a layout']) {
    it(`misses, uploads, hits and finds nothing changed in ${kind}`, async () => {
      const repository = kind === 'a layout' ? `oci:${dir}/layout` : `${registry.host}/main-job`;
      const target = `${repository}:{{workspace}}-{{hash}}`;
      const empty = await emptyDirectory('empty');
      const miss = await results('fetch', target, empty);
      expect(miss).to.include({
        hit: 'false',
        fetched: 'false',
        match: 'miss',
        reason: 'not-found',
        'go-hit': 'false',
      });
      expect(miss['target']).to.equal(`${repository}:go-${miss['hash']}`);

      const upload = await results('upload', target, modules);
      expect(upload).to.include({ uploaded: 'true', reason: 'pushed', hash: miss['hash'], 'go-uploaded': 'true' });
      expect(Number(upload['bytes'])).to.be.greaterThan(0);
      expect(Number(upload['size'])).to.equal(100_010);

      const hit = await results('fetch', target, empty);
      expect(hit).to.include({
        hit: 'true',
        match: 'exact',
        reason: 'exact',
        digest: upload['digest'],
        size: '100010',
      });
      expect(await readFile(join(empty, 'data'), 'utf8')).to.equal('x'.repeat(100_000));
      expect((await stat(join(empty, 'bin/tool'))).mode & 0o777).to.equal(0o755);
      expect(await readlink(join(empty, 'link'))).to.equal('bin/tool');

      const unchanged = await results('upload', target, empty);
      expect(unchanged).to.include({ uploaded: 'false', reason: 'unchanged', digest: upload['digest'], bytes: '0' });
    });
  }

  it('falls back to an alias that an upload has moved, and uploads then', async () => {
    const repository = `${registry.host}/aliases`;
    const first = await results('upload', `${repository}:{{hash}}`, modules, '--aliases', 'main');
    await writeFile(join(source, 'go.sum'), 'second\n');
    const target = join(dir, 'again');
    await mkdir(target);
    const options = ['--fallbacks', `${repository}:none`, '--fallbacks', `${repository}:main`];
    const fallback = await results('fetch', `${repository}:{{hash}}`, target, ...options);
    expect(fallback).to.include({
      hit: 'false',
      fetched: 'true',
      match: 'fallback',
      reason: 'fallback',
      digest: first['digest'],
    });
    expect(fallback['target']).to.equal(`${repository}:main`);

    await writeFile(join(target, 'new'), 'y');
    const second = await results(
      'upload',
      `${repository}:{{hash}}`,
      target,
      '--aliases',
      'main',
      '--hash',
      fallback['hash'] ?? '',
    );
    expect(second).to.include({ uploaded: 'true', reason: 'pushed' });
    const moved = await results('fetch', `${repository}:main`, await emptyDirectory('third'));
    expect(moved).to.include({ hit: 'true', digest: second['digest'] });
  });

  it('neither stores nor removes a layout that lies in the cached directory', async () => {
    const target = `oci:${join(modules, 'layout')}:v1`;
    expect(await results('upload', target, modules)).to.include({ reason: 'pushed', size: '100010' });
    expect(await results('upload', target, modules)).to.include({ reason: 'unchanged' });
    await writeFile(join(modules, 'more'), '');
    expect(await results('fetch', target, modules, '--clean')).to.include({ hit: 'true' });
    expect((await readdir(modules)).toSorted()).to.deep.equal(['.tekton-cache', 'bin', 'data', 'layout', 'link']);
    expect(await results('fetch', target, await emptyDirectory('other'))).to.include({ hit: 'true' });

    await mkdir(join(modules, 'second'));
    const fallback = ['--fallbacks', `oci:${join(modules, 'second')}:v1`];
    expect(await results('fetch', target, modules, '--clean', ...fallback)).to.include({ hit: 'true' });
    expect(await readdir(modules)).to.include('second');
    expect(await results('fetch', target, modules, '--clean')).to.include({ hit: 'true' });
    expect(await readdir(modules)).to.not.include('second');

    // A fetch of another entry into the layout itself would remove what it holds.
    const layout = join(modules, 'layout');
    const other = `oci:${join(dir, 'other-layout')}:v1`;
    await results('upload', other, modules);
    const itself = ['--workspace', `go=${layout}`, '--fallbacks', `oci:${layout}:v9`];
    const { code, err } = await run('fetch', '--clean', '--target', other, ...itself);
    expect(err).to.include('cached directory itself');
    expect(code).to.equal(2);
    expect(await results('fetch', target, await emptyDirectory('third'))).to.include({ hit: 'true' });
  });

  it('keeps the log on standard error, with the verdict first', async () => {
    const args = ['fetch', '--target', `${registry.host}/log:none`, '--workspace', `go=${modules}`];
    const { out, err } = await run(...args);
    expect(out).to.equal('');
    expect(err.split('\n')[0]).to.equal(`cache go: miss (not-found) ${registry.host}/log:none`);
  });

  it('exits with 1 where the user asked to fail', async () => {
    const missing = ['fetch', '--target', `${registry.host}/strict:none`, '--workspace', `go=${modules}`];
    expect((await run(...missing)).code).to.equal(0);
    const strict = await run(...missing, '--on-miss', 'fail', '--json');
    expect(strict.code).to.equal(1);
    expect(JSON.parse(strict.out)).to.include({ reason: 'not-found' });
  });

  it('exits with 2 for wrong params that only show when they are expanded', async () => {
    const args = ['fetch', '--target', `${registry.host}/Upper:x`, '--workspace', `go=${modules}`, '--json'];
    const { code, out, err } = await run(...args);
    expect(code).to.equal(2);
    expect(JSON.parse(out)).to.include({ reason: 'invalid-params' });
    expect(err).to.include('"Upper"');
  });

  it('takes a registry that does not answer softly, or strictly', async () => {
    const server = await silentServer();
    try {
      const args = [...transferArgs('fetch', server), '--max-time', '1s', '--json'];
      const soft = await run(...args);
      expect(soft.code).to.equal(0);
      expect(JSON.parse(soft.out)).to.include({ match: 'miss', reason: 'deadline' });
      expect((await run(...args, '--on-error', 'fail')).code).to.equal(1);
    } finally {
      await server.close();
    }
  });

  it('tells a registry that is down', async () => {
    const server = await silentServer();
    await server.close();
    const { code, out, err } = await run(...transferArgs('upload', server), '--json');
    expect(code, err).to.equal(0);
    expect(JSON.parse(out)).to.include({ uploaded: 'false', reason: 'unreachable' });
  });

  it('writes the results of a step to files, before its work and after it', async () => {
    const server = await silentServer();
    const directory = await emptyDirectory('results');
    try {
      const args = [...transferArgs('fetch', server), '--results-dir', directory];
      const { child, ended } = startProgram('shared/cli/tekton-cache.js', args, { HOME: dir });
      await server.connected;
      expect(await readFile(join(directory, 'match'), 'utf8')).to.equal('miss');
      expect(await readFile(join(directory, 'reason'), 'utf8')).to.equal('');
      child.kill('SIGTERM');
      await ended;
      expect(await readFile(join(directory, 'reason'), 'utf8')).to.equal('cancelled');
    } finally {
      await server.close();
    }
  });

  it('uploads no more than the installation allows', async () => {
    const settings = JSON.stringify({ limits: { maxBytes: 1000 } });
    const target = `oci:${dir}/layout:{{hash}}`;
    expect(await results('upload', target, modules, '--settings', settings)).to.include({ reason: 'too-large' });
  });

  it('reads what a report is made of from standard input, as kubectl prints it', () => {
    const labels = { 'tekton.dev/pipelineRun': 'build', 'tekton.dev/pipelineTask': 'restore' };
    const spec = { customRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' } };
    const run = { kind: 'CustomRun', metadata: { name: 'build-restore', labels }, spec, status: {} };
    const program = fileURLToPath(new URL('../../shared/cli/tekton-cache.js', import.meta.url));
    const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [run] });
    const { stdout, stderr } = spawnSync(process.execPath, [program, 'report', 'build'], { input, encoding: 'utf8' });
    expect(stdout, stderr).to.match(/^TASK .*\nrestore +CustomRun +- +not done/);
  });

  it('has results, and no failure that nobody asked for, when a bug of its own gets through', async () => {
    const server = await silentServer();
    try {
      const args = [...transferArgs('fetch', server), '--json'];
      const bug = "process.on('SIGUSR2', () => { throw new Error('a bug'); })";
      const env = { HOME: dir, NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(bug)}` };
      const { child, ended } = startProgram('shared/cli/tekton-cache.js', args, env);
      await server.connected;
      child.kill('SIGUSR2');
      const { code, out, err } = await ended;
      expect(JSON.parse(out), err).to.include({ hit: 'false', reason: 'internal', 'go-reason': 'internal' });
      expect(code).to.equal(0);
      expect(err).to.match(/a bug\n\s+at /);
    } finally {
      await server.close();
    }
  });
});

interface SilentServer {
  readonly port: number;
  readonly connected: Promise<unknown>;
  close(): Promise<void>;
}

/** A server that takes connections and says nothing. */
async function silentServer(): Promise<SilentServer> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server does not listen.');
  return {
    port: address.port,
    connected: once(server, 'connection'),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
  };
}

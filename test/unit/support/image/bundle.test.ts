import { spawn } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'chai';

import { productEntries } from '../../../support/image/product/bundle.ts';

const repository = join(import.meta.dirname, '..', '..', '..', '..');

/** An API server that is not there. */
const NOWHERE = {
  apiVersion: 'v1',
  kind: 'Config',
  clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
  users: [{ name: 'u', user: {} }],
  contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
  'current-context': 'x',
};

describe('the product in the image', function () {
  this.timeout(60_000);
  let files: ReadonlyMap<string, string>;

  before(async () => {
    const entries = await productEntries(repository);
    files = new Map([...entries].map(([path, entry]) => [path, 'content' in entry ? String(entry.content) : '']));
  });

  it('has its programs, and those of its threads, where they are started', () => {
    const programs = [
      'controller/main',
      'controller/token-service/main',
      'controller/storage/main',
      'shared/helper/main',
      'shared/cli/main',
      'shared/cli/tekton-cache',
    ];
    // Who hears of another thread is the program of one.
    const threads = globSync('{shared,controller}/**/*.ts', { cwd: repository })
      .filter((path) => readFileSync(join(repository, path), 'utf8').includes("parentPort?.on('message'"))
      .map((path) => path.replace(/\.ts$/, ''));
    expect(threads).to.include('controller/resolver/rewriting-worker');
    expect([...files.keys()]).to.include.members([...programs, ...threads].map((name) => `app/${name}.js`));
  });

  it('starts its threads from there', async () => {
    const top = mkdtempSync(join(tmpdir(), 'bundle-'));
    for (const [path, content] of files) {
      mkdirSync(dirname(join(top, path)), { recursive: true });
      writeFileSync(join(top, path), content);
    }
    symlinkSync(join(repository, 'node_modules'), join(top, 'app/node_modules'));
    const kubeconfig = join(top, 'kubeconfig');
    writeFileSync(kubeconfig, JSON.stringify(NOWHERE));
    const env = { ...process.env, KUBECONFIG: kubeconfig, IMAGE: 'any', HEALTH_PORT: '0' };
    const controller = spawn(process.execPath, [join(top, 'app/controller/main.js')], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    try {
      let log = '';
      for await (const text of controller.stderr.setEncoding('utf8')) {
        log += String(text);
        const [, port] = /"port":([0-9]+)/.exec(log) ?? [];
        if (port === undefined) continue;
        expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).to.equal(200);
        return;
      }
      expect.fail(`the controller ended: ${log}`);
    } finally {
      controller.kill('SIGKILL');
      rmSync(top, { recursive: true });
    }
  });

  it('is JavaScript that names no source', () => {
    for (const [path, code] of files) {
      if (!path.endsWith('.js') || path.endsWith('tekton-cache.js')) continue;
      expect(code, path).not.to.match(/(?:from|import|URL)\s*\(?\s*["']\.{1,2}\/[^"']*\.ts["']/);
    }
  });

  it('leaves packages to node_modules', () => {
    // Two programs share the connection, so it is in a chunk of both.
    const users = [...files].filter(([, code]) => /from ["']@kubernetes\/client-node["']/.test(code));
    expect(users.map(([path]) => path.replace(/[^/]*$/, ''))).to.deep.equal(['app/shared/chunks/']);
  });

  it('is the same for the same sources', async () => {
    expect([...(await productEntries(repository))].map(([path]) => path)).to.deep.equal([...files.keys()]);
  });
});

import { mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { workOf } from '../../controller/cache-run/request/work.ts';
import { readConfig } from '../../controller/config/config.ts';
import { fetchEntry } from '../../shared/entry/fetch/fetch-entry.ts';
import { REQUEST_VARIABLE } from '../../shared/request/protocol.ts';
import { cacheStep, RESULTS_DIR } from '../../shared/rewrite/write/step.ts';
import { openStore } from '../../shared/store/open-store.ts';
import { startProgram } from '../support/process/program.ts';
import { writeTree } from '../unit/cache-key/vectors.ts';

const CLI = 'shared/cli/tekton-cache.js';
const PATHS = ['packages/*/node_modules', '!**/.cache', '{dist,build}/[a-c]*'];
const STORED = ['build/c', 'dist/a', 'packages/a b/node_modules/dep', 'packages/b/node_modules/dep'];

describe('globs of paths mean the same', () => {
  let dir: string;
  let cache: string;
  let results: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-paths-'));
    cache = join(dir, 'cache');
    results = join(dir, 'results');
    await mkdir(results);
    const others = ['packages/b/node_modules/.cache/x', 'packages/b/src/x', 'packages/c/src/x', 'dist/d'];
    await writeTree(cache, Object.fromEntries([...STORED, ...others].map((path) => [path, path])));
  });

  afterEach(() => rm(dir, { recursive: true }));

  const target = (): string => `oci:${join(dir, 'layout')}:v1`;

  it('on the command line', async () => {
    const paths = PATHS.flatMap((path) => ['--paths', path]);
    await run(['upload', '--target', target(), '--workspace', `cache=${cache}`, ...paths]);
    expect(await stored()).to.deep.equal(STORED);
  });

  it('in a CustomRun', async () => {
    const claim = { name: 'cache', persistentVolumeClaim: { claimName: 'cache' } };
    const params = [
      { name: 'target', value: 'registry.example/cache:v1' },
      { name: 'paths', value: PATHS.join(',') },
    ];
    const metadata = { name: 'save', namespace: 'builds', uid: '0' };
    const customRun = {
      apiVersion: 'tekton.dev/v1beta1',
      kind: 'CustomRun',
      metadata,
      spec: { params, workspaces: [claim] },
    };
    const { request } = workOf(customRun, 'upload', readConfig({}).config);
    const caches = request.caches.map((each) => ({ ...each, dir: cache }));
    const env = { [REQUEST_VARIABLE]: JSON.stringify({ ...request, caches, target: target() }) };
    const log = join(dir, 'termination-log');
    const { code, err } = await startProgram('shared/helper/main.ts', ['--termination-log', log], env).ended;
    expect(code, err).to.equal(0);
    expect(await stored()).to.deep.equal(STORED);
  });

  it('in a StepAction', async () => {
    const manifest = new URL('../../manifests/stepactions/cache-upload.yaml', import.meta.url);
    const { spec }: { spec: { args: string[]; params: { name: string; default?: string }[] } } = parse(
      await readFile(manifest, 'utf8'),
    );
    const given = { target: target(), paths: PATHS.join('\n'), caches: `cache=${cache}` };
    const values = new Map(spec.params.map(({ name, default: value }) => [name, value ?? '']));
    for (const [name, value] of Object.entries(given)) values.set(name, value);
    await run(
      spec.args.map((arg) => arg.replaceAll(/\$\(params\.([\w-]+)\)/g, (_, name: string) => values.get(name) ?? '')),
    );
    expect(await stored()).to.deep.equal(STORED);
  });

  it('in a step of a resolver', async () => {
    const { args } = cacheStep({
      verb: 'upload',
      name: 'cache-upload',
      results: ['reason'],
      plan: {
        version: 1,
        caches: [{ name: 'cache', workspace: 'cache', paths: PATHS, upload: {} }],
        upload: { options: { target: target() }, strict: false },
        hashFromFetch: false,
      },
      settings: { image: 'tekton-cache', resources: {} },
      mounts: new Map([['cache', { dir: cache }]]),
    });
    if (!Array.isArray(args)) throw new Error('The step has no arguments.');
    await run(args.map(String));
    expect(await stored()).to.deep.equal(STORED);
  });

  async function run(args: readonly string[]): Promise<void> {
    const filled = args.map((arg) => arg.replace(RESULTS_DIR, results));
    const { code, err } = await startProgram(CLI, filled, { HOME: dir }).ended;
    expect(code, err).to.equal(0);
  }

  /** The files of the entry, as a fetch of the same paths brings them. */
  async function stored(): Promise<string[]> {
    const { store, reference } = openStore(target());
    const into = join(dir, 'into');
    await mkdir(into);
    const { found } = await fetchEntry({ store, reference, dir: into, paths: PATHS, exclude: [], clean: false });
    expect(found).to.equal(true);
    const entries = await readdir(into, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(into.length + 1));
    return files.filter((path) => !path.startsWith('.tekton-cache')).sort();
  }
});

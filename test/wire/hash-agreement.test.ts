import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { parse } from 'yaml';
import { workOf } from '../../controller/cache-run/request/work.ts';
import { readConfig } from '../../controller/config/config.ts';
import { REQUEST_VARIABLE } from '../../shared/request/protocol.ts';
import type { CacheReport } from '../../shared/request/protocol.ts';
import { cacheStep, RESULTS_DIR } from '../../shared/rewrite/write/step.ts';
import { startProgram } from '../support/process/program.ts';
import { KEY_VECTORS, writeTree } from '../unit/cache-key/vectors.ts';

const CLI = 'shared/cli/tekton-cache.js';
const TARGET = 'registry.example/cache:{{hash}}';

/** Mode push: a fetch tells its hash and asks no registry. */
const MODE = 'push';

describe('the hash is the same for', () => {
  let dir: string;
  let source: string;
  let results: string;

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'tekton-cache-hash-'));
    source = join(dir, 'source');
    results = join(dir, 'results');
    await mkdir(source);
    await mkdir(results);
  });

  afterEach(() => rm(dir, { recursive: true }));

  for (const { name, tree, files, hash } of KEY_VECTORS) {
    it(`CustomRun, StepAction, resolver and command line: ${name}`, async () => {
      await writeTree(source, tree);
      const expected = hash ?? '';
      expect(await onCommandLine(files), 'command line').to.equal(expected);
      expect(await inCustomRun(files), 'CustomRun').to.equal(expected);
      expect(await inStep(await stepActionArgs(files)), 'StepAction').to.equal(expected);
      expect(await inStep(injectedArgs(files)), 'resolver').to.equal(expected);
    });
  }

  async function onCommandLine(files: readonly string[]): Promise<string> {
    const options = files.flatMap((glob) => ['--files', glob]);
    const { out, err, code } = await startProgram(CLI, ['hash', '--source', source, ...options]).ended;
    expect(code, err).to.equal(0);
    return out.trim();
  }

  async function inCustomRun(files: readonly string[]): Promise<string> {
    const run = {
      apiVersion: 'tekton.dev/v1beta1',
      kind: 'CustomRun',
      metadata: { name: 'restore', namespace: 'builds', uid: '0' },
      spec: {
        params: [
          { name: 'target', value: TARGET },
          { name: 'files', value: files },
          { name: 'mode', value: MODE },
        ],
        workspaces: ['source', 'cache'].map((name) => ({ name, persistentVolumeClaim: { claimName: name } })),
      },
    };
    const { request } = workOf(run, 'fetch', readConfig({}).config);
    const log = join(dir, 'termination-log');
    const env = { [REQUEST_VARIABLE]: JSON.stringify({ ...request, source }) };
    const { code, err } = await startProgram('shared/helper/main.ts', ['--termination-log', log], env).ended;
    expect(code, err).to.equal(0);
    const report: CacheReport = JSON.parse(await readFile(log, 'utf8'));
    return report.results['hash'] ?? 'none';
  }

  /** The StepAction's arguments as Tekton makes them of its params. */
  async function stepActionArgs(files: readonly string[]): Promise<string[]> {
    const { spec } = parse(
      await readFile(new URL('../../manifests/stepactions/cache-fetch.yaml', import.meta.url), 'utf8'),
    ) as {
      spec: { args: string[]; params: { name: string; default?: string }[] };
    };
    const given: Record<string, string> = {
      target: TARGET,
      files: files.join('\n'),
      mode: MODE,
      source,
      caches: `cache=${dir}`,
    };
    const defaults = spec.params.map(({ name, default: value }) => [name, value ?? ''] as const);
    const params: Record<string, string> = { ...Object.fromEntries(defaults), ...given };
    return spec.args.map((arg) => arg.replaceAll(/\$\(params\.([\w-]+)\)/g, (_, name: string) => params[name] ?? ''));
  }

  function injectedArgs(files: readonly string[]): readonly string[] {
    const options = { target: TARGET, files, mode: MODE };
    const step = cacheStep({
      verb: 'fetch',
      name: 'cache-fetch',
      results: ['reason'],
      plan: {
        version: 1,
        caches: [{ name: 'cache', workspace: 'cache', fetch: {} }],
        source: 'source',
        fetch: { options, strict: false },
        hashFromFetch: false,
      },
      settings: { image: 'tekton-cache', resources: {} },
      mounts: new Map([
        ['source', { dir: source }],
        ['cache', { dir }],
      ]),
    });
    const { args } = step;
    if (!Array.isArray(args)) throw new Error('The step has no arguments.');
    return args.map(String);
  }

  async function inStep(args: readonly string[]): Promise<string> {
    const filled = args.map((arg) => arg.replace(RESULTS_DIR, results));
    const { code, err } = await startProgram(CLI, filled, { HOME: dir }).ended;
    expect(code, err).to.equal(0);
    return readFile(join(results, 'hash'), 'utf8');
  }
});

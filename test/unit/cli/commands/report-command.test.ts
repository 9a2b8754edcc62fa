import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CacheResult } from '../../../../shared/cli/commands/report/cache-result.ts';
import { main } from '../../../../shared/cli/main.ts';
import { joinResults } from '../../../../shared/interface/results/join-results.ts';
import { resultNames } from '../../../../shared/interface/results/results.ts';
import { HELPER_PROGRAM } from '../../../../shared/rewrite/write/step.ts';

type Named = Readonly<Record<string, string>>;

function metadata(name: string, task: string, run = 'build') {
  return { name, labels: { 'tekton.dev/pipelineRun': run, 'tekton.dev/pipelineTask': task } };
}

function results(values: Named) {
  return Object.entries(values).map(([name, value]) => ({ name, type: 'string', value }));
}

const FETCHED = {
  hit: 'true',
  fetched: 'true',
  match: 'exact',
  hash: 'h',
  target: 'r/a:h',
  digest: 'd',
  size: '7',
  reason: 'exact',
};
const PUSHED = { uploaded: 'true', hash: 'h', target: 'r/a:h', digest: 'd', size: '7', bytes: '5', reason: 'pushed' };

const HEAD = ['TASK', 'BY', 'CACHE', 'OUTCOME', 'REASON', 'TIME', 'SIZE', 'RECEIVED', 'SENT', 'TARGET'];
const declared = (verb: 'fetch' | 'upload') => resultNames(verb).map((name) => ({ name }));
const STEPS = [
  { name: 'cache-fetch', results: declared('fetch') },
  { name: 'build', results: [{ name: 'hit' }] },
  { name: 'cache-upload-1', results: declared('upload') },
];
const TASK_RUN = {
  kind: 'TaskRun',
  metadata: metadata('build-compile', 'compile'),
  status: {
    startTime: '2026-01-01T00:00:10Z',
    taskSpec: { steps: STEPS },
    steps: [
      { name: 'cache-upload-1', terminated: { reason: 'Completed' }, results: results(PUSHED) },
      { name: 'build', terminated: { reason: 'Completed' }, results: results({ hit: 'of another kind' }) },
      {
        name: 'cache-fetch',
        terminated: { reason: 'Completed', startedAt: '2026-01-01T00:00:12Z', finishedAt: '2026-01-01T00:01:15Z' },
        results: results(FETCHED),
      },
    ],
  },
};
const CUSTOM_RUN = {
  kind: 'CustomRun',
  metadata: metadata('build-restore', 'restore'),
  spec: { customRef: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheFetch' } },
  status: {
    startTime: '2026-01-01T00:00:05Z',
    completionTime: '2026-01-01T00:00:09Z',
    results: results(
      joinResults('fetch', [
        { name: 'mod', results: { ...FETCHED, size: '1' } },
        { name: 'bin', results: { match: 'miss', reason: 'not-found', target: 'r/b:h' } },
      ]),
    ),
  },
};

describe('tekton-cache report', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'report-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  async function report(objects: readonly object[], ...args: readonly string[]) {
    const file = join(dir, 'runs.json');
    writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects }));
    let out = '';
    let err = '';
    const code = await main(['report', 'build', '-f', file, ...args], {
      environment: {},
      print: (text) => void (out += `${text}\n`),
      log: (text) => void (err += `${text}\n`),
    });
    return { code, out, err };
  }
  async function rows(...objects: readonly object[]): Promise<CacheResult[]> {
    const parsed: CacheResult[] = JSON.parse((await report(objects, '--json')).out);
    return parsed;
  }
  const lines = (out: string) => out.split('\n').map((line) => line.split(/ {2,}/));

  it('lists steps and custom tasks in the order in which they began', async () => {
    const { code, out } = await report([TASK_RUN, CUSTOM_RUN]);
    expect(code).to.equal(0);
    expect(lines(out)).to.deep.equal([
      HEAD,
      ['restore', 'CustomRun', 'mod,bin', 'miss', 'not-found', '4 s', '1 B', '-', '-', 'r/b:h'],
      ['restore', 'CustomRun', 'mod', 'hit', 'exact', '-', '-', '-', '-', '-'],
      ['restore', 'CustomRun', 'bin', 'miss', 'not-found', '-', '-', '-', '-', '-'],
      ['compile', 'cache-fetch', '-', 'hit', 'exact', '63 s', '7 B', '-', '-', 'r/a:h'],
      ['compile', 'cache-upload-1', '-', 'uploaded', 'pushed', '-', '7 B', '-', '5 B', 'r/a:h'],
      [''],
    ]);
  });

  it('gives every result as JSON', async () => {
    const [first] = await rows(TASK_RUN);
    expect(first).to.deep.include({
      run: 'build-compile',
      task: 'compile',
      attempt: 1,
      by: 'cache-fetch',
      results: FETCHED,
    });
  });

  it('has a row for each attempt', async () => {
    const failed = results({ ...PUSHED, uploaded: 'false', reason: 'unreachable' });
    const spec = { customSpec: { apiVersion: 'cache.tekton.dev/v1alpha1', kind: 'CacheUpload' } };
    const done = { ...CUSTOM_RUN, spec, status: { results: results(PUSHED), retriesStatus: [{ results: failed }] } };
    const found = await rows(done);
    expect(found.map(({ attempt, outcome, reason }) => `${attempt} ${outcome} ${reason}`)).to.deep.equal([
      '1 not uploaded unreachable',
      '2 uploaded pushed',
    ]);
  });

  it('knows a step that a resolver put in by its command, its outcome by the reason, and its target by what it was given', async () => {
    const reasons = { fetch: ['exact', 'fallback', 'not-found'], upload: ['pushed', 'unchanged'] } as const;
    const steps = Object.entries(reasons).flatMap(([verb, words]) =>
      words.map((reason) => ({
        spec: { name: reason, command: ['node', HELPER_PROGRAM], args: [verb, '--target', 'r/a:{{hash}}'] },
        state: { name: reason, terminated: { reason: 'Completed' }, results: results({ reason }) },
      })),
    );
    const status = { taskSpec: { steps: steps.map(({ spec }) => spec) }, steps: steps.map(({ state }) => state) };
    const found = await rows({ ...TASK_RUN, status });
    expect(found.map(({ verb, outcome, reason, target }) => `${verb} ${outcome} ${reason} ${target}`)).to.deep.equal([
      'fetch hit exact r/a:{{hash}}',
      'fetch fallback fallback r/a:{{hash}}',
      'fetch miss not-found r/a:{{hash}}',
      'upload uploaded pushed r/a:{{hash}}',
      'upload not uploaded unchanged r/a:{{hash}}',
    ]);
  });

  it('finds the state of a step without a name, which is stored as the empty one', async () => {
    const state = { name: 'unnamed-1', terminated: { reason: 'Completed' }, results: results(FETCHED) };
    const status = {
      taskSpec: { steps: [{ name: 'build' }, { name: '', results: declared('fetch') }] },
      steps: [state],
    };
    const [row] = await rows({ ...TASK_RUN, status });
    expect(row).to.include({ by: 'unnamed-1', outcome: 'hit', reason: 'exact' });
  });

  it('tells a fallback from a hit', async () => {
    const fallback = { ...FETCHED, hit: 'false', match: 'fallback', reason: 'fallback' };
    const [row] = await rows({ ...CUSTOM_RUN, status: { results: results(fallback) } });
    expect(row).to.include({ outcome: 'fallback' });
  });

  it('shows steps that were killed, and those that are not done', async () => {
    const steps = [
      { name: 'cache-fetch', terminated: { reason: 'OOMKilled' }, terminationReason: 'OOMKilled' },
      { name: 'cache-upload-1', running: {} },
    ];
    const conditions = [{ type: 'Succeeded', status: 'Unknown', reason: 'Pending' }];
    const pending = { ...CUSTOM_RUN, status: { conditions } };
    const found = await rows({ ...TASK_RUN, status: { ...TASK_RUN.status, steps } }, pending);
    expect(found.map(({ outcome, reason }) => `${outcome}: ${reason}`)).to.deep.equal([
      'no result: OOMKilled',
      'not done: ',
      'not done: Pending',
    ]);
  });

  it('shows what a StepAction without results was given, however its arguments are written', async () => {
    const targetOf = async (...args: string[]): Promise<string | undefined> => {
      const steps = [{ name: 'cache-upload', args, results: declared('upload') }];
      const killed = [{ name: 'cache-upload', terminated: { reason: 'OOMKilled' } }];
      const [row] = await rows({ ...TASK_RUN, status: { taskSpec: { steps }, steps: killed } });
      return row?.target;
    };
    expect(await targetOf('upload', '--target=r/a:{{hash}}', '--files=go.sum')).to.equal('r/a:{{hash}}');
    expect(await targetOf('tekton-caches', 'upload', '--target=oci://r/a:{{hash}}')).to.equal('oci://r/a:{{hash}}');
    expect(await targetOf('upload', '--files=go.sum')).to.equal('');
  });

  it('shows a custom task that nobody has begun with, last', async () => {
    const { status, ...begun } = CUSTOM_RUN;
    const found = await rows(begun, { ...CUSTOM_RUN, status, metadata: metadata('build-save', 'save') });
    expect(found.at(-1)).to.include({ task: 'restore', outcome: 'not done', reason: '' });
    expect(found[0]).to.include({ task: 'save' });
  });

  it('shows a step that Tekton passed over as one that is not done', async () => {
    const steps = [{ name: 'cache-fetch', terminated: { reason: 'Completed' }, terminationReason: 'Skipped' }];
    const [row] = await rows({ ...TASK_RUN, status: { ...TASK_RUN.status, steps } });
    expect(row).to.include({ outcome: 'not done', reason: '' });
  });

  it('tells the runs of a matrix apart', async () => {
    const other = { ...TASK_RUN, metadata: metadata('build-compile-1', 'compile') };
    const { out } = await report([TASK_RUN, other]);
    expect(
      lines(out)
        .slice(1, 5)
        .map(([name]) => name),
    ).to.deep.equal(['build-compile', 'build-compile', 'build-compile-1', 'build-compile-1']);
  });

  it('passes over tasks without a cache, and the runs of others', async () => {
    const plain = { ...TASK_RUN, status: { taskSpec: { steps: [{ name: 'build' }] }, steps: [{ name: 'build' }] } };
    expect((await report([plain])).out).to.equal('No task of PipelineRun build has a result of a cache.\n');
    const foreign = { ...TASK_RUN, metadata: metadata('x', 'compile', 'another') };
    const { code, err } = await report([foreign]);
    expect(code).to.equal(1);
    expect(err)
      .to.include('No TaskRun and no CustomRun of PipelineRun build')
      .and.to.include('kubectl get taskruns,customruns');
  });

  it('wants to know whose', async () => {
    let err = '';
    const terminal = { environment: {}, print: () => undefined, log: (text: string) => void (err += text) };
    expect(await main(['report', '--json'], terminal)).to.equal(2);
    expect(err).to.include('The name of a PipelineRun is required');
    expect(await main(['report', 'a', 'b'], terminal)).to.equal(2);
  });
});

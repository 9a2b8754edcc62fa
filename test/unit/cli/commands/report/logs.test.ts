import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { CacheResult } from '../../../../../shared/cli/commands/report/cache-result.ts';
import { main } from '../../../../../shared/cli/main.ts';
import { noteLine, resultsLine } from '../../../../../shared/helper/report/step-log.ts';
import { amountsNote, restoredAmounts, storedAmounts } from '../../../../../shared/helper/report/amounts.ts';
import { verdictLine } from '../../../../../shared/helper/report/verdict.ts';
import type { Verb } from '../../../../../shared/interface/params.ts';
import { joinResults } from '../../../../../shared/interface/results/join-results.ts';
import { HELPER_PROGRAM } from '../../../../../shared/rewrite/write/step.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const HEAD = ['TASK', 'BY', 'CACHE', 'OUTCOME', 'REASON', 'TIME', 'SIZE', 'RECEIVED', 'SENT', 'TARGET'];

interface LoggedStep {
  readonly verb: Verb;
  /** By name: `exact 373000000 68900000`, or a reason alone. */
  readonly caches: Readonly<Record<string, string>>;
}

/** What a step of ours writes. */
function logOf({ verb, caches }: LoggedStep): string[] {
  const found = Object.entries(caches).map(([name, text]) => {
    const [reason = '', size, moved] = text.split(' ');
    const isDone = ['exact', 'fallback', 'pushed'].includes(reason);
    const target = `r/a:${name}-${reason === 'fallback' ? 'latest' : 'h'}`;
    return { name, reason, isDone, target, size: Number(size), moved: Number(moved), isEntry: size !== undefined };
  });
  const lines = found.flatMap(({ name, reason, isDone, target, size, moved, isEntry }) => [
    verdictLine({ verb, cache: name, isDone, reason, target }),
    noteLine(`because of ${name}`),
    ...(isEntry
      ? [
          noteLine(
            amountsNote(
              verb === 'fetch' ? restoredAmounts({ size, files: 3, moved }) : storedAmounts({ size, moved }),
              DIGEST,
            ),
          ),
        ]
      : []),
  ]);
  const results = joinResults(
    verb,
    found.map(({ name, reason, isDone, target, size, moved, isEntry }) => ({
      name,
      results: {
        ...(verb === 'fetch'
          ? { hit: String(reason === 'exact'), fetched: String(isDone), match: isDone ? (reason as 'exact') : 'miss' }
          : { uploaded: String(isDone) }),
        ...(isEntry ? { size: String(size), digest: DIGEST } : {}),
        ...(isEntry && verb === 'upload' ? { bytes: String(moved) } : {}),
        target,
        hash: 'h',
        reason,
      },
    })),
  );
  return [...lines, resultsLine(results)];
}

const WARM_FETCH: LoggedStep = {
  verb: 'fetch',
  caches: { 'go-downloads': 'exact 373123456 68900001', 'go-build': 'not-found' },
};
const WARM_UPLOAD: LoggedStep = {
  verb: 'upload',
  caches: { 'go-downloads': 'unchanged 373123456 0', 'go-build': 'pushed 60012345 4300' },
};

const prefixed = (pod: string, container: string, lines: readonly string[]): string[] =>
  lines.map((line) => `[pod/${pod}/${container}] ${line}`);

interface StepOfRun {
  readonly name: string;
  readonly args: readonly string[];
  readonly reason?: string;
}

const PRESET = ['--target', 'r/a', '--preset', 'go', '--workspace', 'source=/s', '--workspace', 'caches=/c'];
const STEPS: readonly StepOfRun[] = [
  { name: 'cache-fetch', args: ['fetch', ...PRESET], reason: 'not-found' },
  { name: 'build', args: [] },
  { name: 'cache-upload', args: ['upload', ...PRESET], reason: 'unchanged' },
];

function statusOf(steps: readonly StepOfRun[], podName = 'build-pod') {
  const times = { startedAt: '2026-01-01T00:00:00Z', finishedAt: '2026-01-01T00:00:03Z' };
  return {
    podName,
    taskSpec: {
      steps: steps.map(({ name, args }) => ({
        name,
        args,
        command: name === 'build' ? ['sh'] : ['node', HELPER_PROGRAM],
      })),
    },
    steps: steps.map(({ name, reason }) => ({
      name,
      container: `step-${name}`,
      terminated: { reason: 'Completed', ...times },
      ...(reason === undefined ? {} : { results: [{ name: 'reason', type: 'string', value: reason }] }),
    })),
  };
}

const taskRun = (status: object) => ({
  kind: 'TaskRun',
  metadata: { name: 'run-build', labels: { 'tekton.dev/pipelineRun': 'run', 'tekton.dev/pipelineTask': 'build' } },
  status,
});

describe('tekton-cache report --logs', () => {
  let dir: string;
  beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'report-logs-'))));
  afterEach(() => rmSync(dir, { recursive: true }));

  async function command(...args: readonly string[]) {
    let out = '';
    let err = '';
    const code = await main(['report', 'run', ...args], {
      environment: {},
      print: (text) => void (out += `${text}\n`),
      log: (text) => void (err += `${text}\n`),
    });
    return { code, out, err };
  }
  async function report(status: object, logs: readonly (readonly string[])[], ...args: readonly string[]) {
    const objects = join(dir, 'runs.json');
    writeFileSync(objects, JSON.stringify(taskRun(status)));
    const files = logs.flatMap((lines, at) => {
      const file = join(dir, `${at}.log`);
      writeFileSync(file, lines.map((line) => `${line}\n`).join(''));
      return ['--logs', file];
    });
    return await command('-f', objects, ...files, ...args);
  }
  async function rows(status: object, ...logs: readonly (readonly string[])[]): Promise<CacheResult[]> {
    const parsed: CacheResult[] = JSON.parse((await report(status, logs, '--json')).out);
    return parsed;
  }
  const table = (out: string) => out.split('\n').map((line) => line.split(/ {2,}/));
  const brief = (found: readonly CacheResult[]) =>
    found.map(({ caches, outcome, reason }) => `${caches.join(',') || '-'} ${outcome} ${reason}`);

  const UPLOAD = prefixed('build-pod', 'step-cache-upload', logOf(WARM_UPLOAD));
  const FETCH = prefixed('build-pod', 'step-cache-fetch', logOf(WARM_FETCH));

  it('has a line for each cache, with what it moved and where, and a summary', async () => {
    const { out } = await report(statusOf(STEPS), [
      [...UPLOAD, ...prefixed('build-pod', 'step-build', ['x']), ...FETCH],
    ]);
    expect(table(out)).to.deep.equal([
      HEAD,
      ['build', 'cache-fetch', 'go-downloads', 'hit', 'exact', '3 s', '373 MB', '68.9 MB', '-', 'r/a:go-downloads-h'],
      ['build', 'cache-fetch', 'go-build', 'miss', 'not-found', '-', '-', '-', '-', 'r/a:go-build-h'],
      [
        'build',
        'cache-upload',
        'go-downloads',
        'not uploaded',
        'unchanged',
        '3 s',
        '373 MB',
        '-',
        '0 B',
        'r/a:go-downloads-h',
      ],
      ['build', 'cache-upload', 'go-build', 'uploaded', 'pushed', '-', '60.0 MB', '-', '4.3 kB', 'r/a:go-build-h'],
      [''],
      ['Fetches: 1 hit, 1 miss; 373 MB restored from 68.9 MB received.'],
      ['Uploads: 1 uploaded, 1 not uploaded; 4.3 kB sent.'],
      [''],
    ]);
  });

  it('has all results in JSON: those of the step exact, those of its caches as the log rounds them', async () => {
    const [whole, downloads, build] = await rows(statusOf(STEPS), FETCH);
    expect(whole).to.deep.include({ caches: ['go-downloads', 'go-build'], outcome: 'miss', logged: true });
    expect(whole?.results).to.include({ size: '373123456', hash: 'h', target: 'r/a:go-build-h', reason: 'not-found' });
    expect(downloads).to.deep.include({ part: true, received: 68_900_000, notes: ['because of go-downloads'] });
    expect(downloads?.results).to.include({ size: '373000000', digest: DIGEST, hit: 'true', match: 'exact' });
    expect(build)
      .to.deep.include({ outcome: 'miss', notes: ['because of go-build'] })
      .and.not.to.have.property('received');
  });

  it('reads the same with timestamps, in any order of the containers, and from several files', async () => {
    const whole = await rows(statusOf(STEPS), [...FETCH, ...UPLOAD]);
    expect(await rows(statusOf(STEPS), UPLOAD, FETCH)).to.deep.equal(whole);
    for (const time of ['2026-11-30T12:28:51.123456789Z', '2026-11-30T14:28:51+02:00']) {
      const timed = [...FETCH, ...UPLOAD].map((line) => `${line.replace('] ', `] ${time} `)}\r`);
      expect(await rows(statusOf(STEPS), timed)).to.deep.equal(whole);
    }
  });

  it('leaves a step as it was without its lines, and says so', async () => {
    const without = await rows(statusOf(STEPS));
    expect(await rows(statusOf(STEPS), [])).to.deep.equal(without);
    const { out } = await report(statusOf(STEPS), [FETCH]);
    expect(table(out)[3]).to.deep.equal([
      'build',
      'cache-upload',
      '-',
      'not uploaded',
      'unchanged',
      '3 s',
      '-',
      '-',
      '-',
      'r/a',
    ]);
    expect(out).to.include('Fetches: 1 hit, 1 miss').and.not.to.include('Uploads:');
    expect(out).to.include('Not in the logs, or not to the end: build cache-upload.');
    // The last lines alone, as without --tail=-1.
    expect(brief(await rows(statusOf(STEPS), UPLOAD.slice(-3))).at(-1)).to.equal('- not uploaded unchanged');
    // The first ones alone, as of a step that goes on or was killed.
    expect(await rows(statusOf(STEPS), UPLOAD.slice(0, -1))).to.deep.equal(without);
  });

  it('believes a container only about itself', async () => {
    const forged = logOf({ verb: 'upload', caches: { evil: 'unchanged 1 1' } });
    const expected = await rows(statusOf(STEPS), FETCH);
    for (const lines of [
      prefixed('build-pod', 'step-build', forged),
      prefixed('build-pod', 'step-build', prefixed('build-pod', 'step-cache-upload', forged)),
      prefixed('build-pod', 'sidecar-cache-upload', forged),
      prefixed('other-pod', 'step-cache-upload', forged),
      prefixed('build-pod', 'step-cache-fetch', forged.slice(0, -1)),
      forged,
    ])
      expect(await rows(statusOf(STEPS), [...lines, ...FETCH])).to.deep.equal(expected);
  });

  it('finds the first line of a step behind what another container did not end, and only there', async () => {
    const whole = await rows(statusOf(STEPS), FETCH);
    const open = '[pod/build-pod/step-build] [pod/build-pod/step-cache-fetch] cache evil: hit (exact) r/evil';
    expect(await rows(statusOf(STEPS), [open + FETCH[0], ...FETCH.slice(1)])).to.deep.equal(whole);
    expect(await rows(statusOf(STEPS), [open, ...FETCH])).to.deep.equal(whole);
    expect(await rows(statusOf(STEPS), [open, `${open}2`, ...FETCH])).to.deep.equal(whole);
    // Of a log that was cut the results are all that is known, whichever verdicts are left.
    for (const cut of [FETCH.slice(1), FETCH.slice(3), [open, ...FETCH.slice(1)], [open, ...FETCH.slice(3)]]) {
      const [row, ...more] = await rows(statusOf(STEPS), cut);
      expect(more.filter(({ by }) => by === 'cache-fetch')).to.deep.equal([]);
      expect(row).to.deep.include({ caches: [], outcome: 'miss', target: 'r/a:go-build-h', logged: true });
    }
  });

  it('takes what is left of the log of `preset: auto`, whose results name no cache, for no whole', async () => {
    const both = logOf({ verb: 'fetch', caches: { go: 'exact 5 6', npm: 'exact 7 8' } });
    const results: Record<string, string> = JSON.parse(both.at(-1) ?? '');
    const unnamed = Object.entries(results).filter(([name]) => !name.includes('-'));
    const plain = [...both.slice(0, -1), resultsLine(Object.fromEntries(unnamed))];
    const status = statusOf([{ name: 'cache-fetch', args: ['fetch', ...PRESET], reason: 'exact' }]);
    const namesOf = async (lines: readonly string[]) =>
      brief(await rows(status, prefixed('build-pod', 'step-cache-fetch', lines)));
    expect(await namesOf(plain)).to.deep.equal(['go,npm hit exact', 'go hit exact', 'npm hit exact']);
    expect(await namesOf(plain.slice(1))).to.deep.equal(['- hit exact']);
  });

  it('does not believe a log that says another reason than Tekton', async () => {
    const other = statusOf([{ name: 'cache-fetch', args: ['fetch', ...PRESET], reason: 'cancelled' }]);
    expect(await rows(other, FETCH)).to.deep.equal(await rows(other));
  });

  it('tells what Tekton has lost, or does not have yet', async () => {
    const lost = statusOf([{ name: 'cache-fetch', args: ['fetch', ...PRESET] }]);
    expect(brief(await rows(lost))).to.deep.equal(['- no result Completed']);
    expect(brief(await rows(lost, FETCH))).to.deep.equal([
      'go-downloads,go-build miss not-found',
      'go-downloads hit exact',
      'go-build miss not-found',
    ]);
  });

  it('knows the attempts of a task by their pods', async () => {
    const step = { name: 'cache-fetch', args: ['fetch', ...PRESET] };
    const first = statusOf([{ ...step, reason: 'not-found' }], 'build-pod');
    const second = statusOf([{ ...step, reason: 'fallback' }], 'build-pod-retry1');
    const logs = [
      ...prefixed('build-pod', 'step-cache-fetch', logOf({ verb: 'fetch', caches: { npm: 'not-found' } })),
      ...prefixed('build-pod-retry1', 'step-cache-fetch', logOf({ verb: 'fetch', caches: { npm: 'fallback 5 6' } })),
    ];
    const found = await rows({ ...second, retriesStatus: [first] }, logs);
    expect(found.map(({ attempt, outcome, target }) => `${attempt} ${outcome} ${target}`)).to.deep.equal([
      '1 miss r/a:npm-h',
      '2 fallback r/a:npm-latest',
    ]);
  });

  it('shows the words of the log about what somebody may have to mend', async () => {
    const { out } = await report(statusOf([{ name: 'cache-fetch', args: ['fetch'], reason: 'unreachable' }]), [
      prefixed('build-pod', 'step-cache-fetch', logOf({ verb: 'fetch', caches: { npm: 'unreachable' } })),
    ]);
    expect(out).to.include('\n\nbuild cache-fetch npm: unreachable\n  because of npm\n\nFetches: 1 miss.\n');
  });

  it('shows what the log says of no cache, where a step did not come to them', async () => {
    const results = joinResults('fetch', [{ name: 'npm', results: { reason: 'cancelled' } }]);
    const lines = [
      ...logOf({ verb: 'fetch', caches: { npm: 'exact 5 6' } }).slice(0, -1),
      'cache npm: 204 kB, 0 files, 158 kB/s',
      'The work was stopped by SIGTERM.',
      resultsLine(results),
    ];
    const { out } = await report(statusOf([{ name: 'cache-fetch', args: ['fetch'], reason: 'cancelled' }]), [
      prefixed('build-pod', 'step-cache-fetch', lines),
    ]);
    expect(out).to.include('\n\nbuild cache-fetch: cancelled\n  The work was stopped by SIGTERM.\n\n');
  });

  it('names the cache that the arguments of a step name, without logs', async () => {
    const of = async (...args: string[]) => {
      const [row] = await rows(statusOf([{ name: 'cache-fetch', args: ['fetch', ...args], reason: 'exact' }]));
      return `${row?.caches.join(',')} ${row?.target}`;
    };
    const own = JSON.stringify({ name: 'w', dir: '/w', target: 'r/b:{{workspace}}' });
    expect(
      await of('--target', 'r/{{workspace}}:{{hash}}', '--workspace', 'go=/g', '--workspace', 'source=/s'),
    ).to.equal('go r/go:{{hash}}');
    expect(await of('--target=r/{{workspace}}', '--workspace=a=/a,b=/b,c=')).to.equal('a,b r/{{workspace}}');
    expect(await of('--target', 'r/a', '--cache', own)).to.equal('w r/b:w');
    expect(await of(...PRESET)).to.equal(' r/a');
    expect(await of('--target', 'r/a', '--cache', '{"name":1}', '--preset', '')).to.equal(' r/a');
  });

  it('is no worse for a line without an end', async () => {
    const long = `[pod/build-pod/step-build] ${'x'.repeat(5_000_000)}`;
    expect(await rows(statusOf(STEPS), [long, ...FETCH, long])).to.deep.equal(await rows(statusOf(STEPS), FETCH));
  });

  it('refuses lines of which nobody can tell whose they are, and a file that is not there', async () => {
    const bare = await report(statusOf(STEPS), [logOf(WARM_FETCH)]);
    expect(bare.code).to.equal(1);
    expect(bare.err)
      .to.include('No line of the logs begins with [pod/POD/CONTAINER]')
      .and.to.include('kubectl logs -l tekton.dev/pipelineRun=run --all-containers --prefix --tail=-1');
    const absent = await command('-f', join(dir, 'runs.json'), '--logs', join(dir, 'absent'));
    expect(absent.code).to.equal(1);
    expect(absent.err).to.include('The logs cannot be read').and.to.include('absent');
  });

  it('reads standard input once', async () => {
    for (const args of [
      ['--logs', '-'],
      ['-f', '-', '--logs', '-'],
      ['-f', 'x', '--logs', '-', '--logs', '-'],
    ]) {
      const { code, err } = await command(...args);
      expect(code).to.equal(2);
      expect(err).to.include('--logs -: standard input can be read only once');
    }
  });
});

import { expect } from 'chai';
import { countAttempt, countRun } from '../../../../controller/cache-run/status/run-metrics.ts';
import { disabled, podFailed, refused, reported } from '../../../../controller/cache-run/status/completion.ts';
import { Metrics, METRICS } from '../../../../controller/metrics/metrics.ts';
import { CUSTOM_RUN_KIND } from '../../../../controller/tekton/run-kind.ts';
import { REASONS } from '../../../../shared/interface/results/results.ts';
import { joinResults } from '../../../../shared/interface/results/join-results.ts';
import { customRun } from '../cache-run/examples.ts';

const SUBJECT = { verb: 'fetch', caches: ['c'], strict: false, reasons: CUSTOM_RUN_KIND.reasons } as const;

describe('metrics of the controller', () => {
  let metrics: Metrics;
  beforeEach(() => (metrics = new Metrics()));
  const lines = () => metrics.text().trimEnd().split('\n');
  const values = (name: string) => lines().filter((line) => line.startsWith(name));

  it('are there, with type and help, before anything was counted', () => {
    const types = lines().filter((line) => line.startsWith('# TYPE'));
    expect(types).to.deep.equal(Object.values(METRICS).map(({ name, type }) => `# TYPE ${name} ${type}`));
    expect(lines().filter((line) => line.startsWith('# HELP'))).to.have.length(types.length);
  });

  it('count how runs ended', () => {
    const report = (verb: 'fetch' | 'upload', results: Record<string, string>) =>
      reported({ version: 1, message: '', results: joinResults(verb, [{ name: 'c', results }]) });
    countRun(metrics, report('fetch', { hit: 'true', fetched: 'true', match: 'exact', reason: 'exact' }));
    countRun(metrics, report('fetch', { fetched: 'true', match: 'fallback', reason: 'fallback' }));
    countRun(metrics, podFailed(SUBJECT, 'broken'));
    countRun(metrics, podFailed({ ...SUBJECT, strict: true }, 'broken'));
    countRun(metrics, disabled(SUBJECT));
    countRun(metrics, report('upload', { uploaded: 'true', reason: 'pushed', bytes: '70' }));
    countRun(metrics, report('upload', { reason: 'unchanged', bytes: '3' }));
    countRun(
      metrics,
      refused({ caches: [], strict: false, reasons: CUSTOM_RUN_KIND.reasons }, new Error('no such kind')),
    );
    expect(values('tekton_cache_runs_total')).to.deep.equal([
      'tekton_cache_runs_total{verb="fetch",outcome="hit",reason="exact"} 1',
      'tekton_cache_runs_total{verb="fetch",outcome="fallback",reason="fallback"} 1',
      'tekton_cache_runs_total{verb="fetch",outcome="miss",reason="pod-failed"} 1',
      'tekton_cache_runs_total{verb="fetch",outcome="failed",reason="pod-failed"} 1',
      'tekton_cache_runs_total{verb="fetch",outcome="miss",reason="disabled"} 1',
      'tekton_cache_runs_total{verb="upload",outcome="uploaded",reason="pushed"} 1',
      'tekton_cache_runs_total{verb="upload",outcome="not-uploaded",reason="unchanged"} 1',
      'tekton_cache_runs_total{verb="none",outcome="failed",reason=""} 1',
    ]);
    expect(values('tekton_cache_sent_bytes_total')).to.deep.equal(['tekton_cache_sent_bytes_total 73']);
  });

  it('have no label that a helper could fill with names', () => {
    const results = { ...joinResults('fetch', []), reason: 'ns/run-5f7', match: 'somewhere' };
    countRun(metrics, reported({ version: 1, message: '', results }));
    expect(values('tekton_cache_runs_total')).to.deep.equal([
      'tekton_cache_runs_total{verb="fetch",outcome="miss",reason="other"} 1',
    ]);
    for (const reason of Object.keys(REASONS)) {
      countRun(metrics, reported({ version: 1, message: '', results: { ...results, reason } }));
    }
    expect(values('tekton_cache_runs_total')).to.have.length(1 + Object.keys(REASONS).length);
  });

  it('have no label from what every object has', () => {
    countRun(metrics, reported({ version: 1, message: '', results: { uploaded: 'false', reason: 'constructor' } }));
    expect(values('tekton_cache_runs_total')[0]).to.include('reason="other"');
  });

  it('stay finite, whatever is to be added', () => {
    countRun(metrics, reported({ version: 1, message: '', results: { uploaded: 'true', bytes: 'Infinity' } }));
    countAttempt(metrics, customRun({ status: { startTime: 'some day' } }), new Date());
    expect(metrics.text()).to.not.match(/Infinity|NaN/);
  });

  it('tell of a kind once, and that it is lost when one of its watches is', () => {
    let isLost = false;
    metrics.watchSource('pods', () => false);
    metrics.watchSource('resolutionrequests', () => isLost);
    metrics.watchSource('resolutionrequests', () => false);
    metrics.watchConfiguration(() => 2);
    const lost = () => values('tekton_cache_watches_lost{');
    const of = (resource: string, value: number) => `tekton_cache_watches_lost{resource="${resource}"} ${value}`;
    expect(lost()).to.deep.equal([of('pods', 0), of('resolutionrequests', 0)]);
    isLost = true;
    expect(lost()).to.deep.equal([of('pods', 0), of('resolutionrequests', 1)]);
    expect(values('tekton_cache_configuration_problems')).to.deep.equal(['tekton_cache_configuration_problems 2']);
  });

  it('have the time of an attempt in buckets that add up', () => {
    const status = { startTime: '2026-01-01T00:00:00Z' };
    const run = customRun({ status });
    countAttempt(metrics, run, new Date('2026-01-01T00:00:04Z'));
    countAttempt(metrics, run, new Date('2026-01-01T01:00:00Z'));
    countAttempt(metrics, { ...run, status: {} }, new Date());
    const name = 'tekton_cache_attempt_duration_seconds';
    expect(values(`${name}_bucket`).map((line) => /le="(.*)"} (\d+)/.exec(line)?.slice(1).join(' '))).to.deep.equal([
      '0.5 0',
      '1 0',
      '2 0',
      '5 1',
      '10 1',
      '30 1',
      '60 1',
      '120 1',
      '300 1',
      '600 1',
      '1800 1',
      '+Inf 2',
    ]);
    expect(values(`${name}_sum`)).to.deep.equal([`${name}_sum{verb="fetch"} 3604`]);
    expect(values(`${name}_count`)).to.deep.equal([`${name}_count{verb="fetch"} 2`]);
  });
});

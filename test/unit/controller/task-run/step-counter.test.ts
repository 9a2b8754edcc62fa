import { expect } from 'chai';

import { KubeClient } from '../../../../controller/kube/api/client.ts';
import type { KubeObject } from '../../../../controller/kube/objects/object.ts';
import { Metrics } from '../../../../controller/metrics/metrics.ts';
import { StepCounter } from '../../../../controller/task-run/step-counter.ts';
import { createLog } from '../../../../shared/log.ts';
import { until } from '../../../support/deadline.ts';
import { endedStream, FakeApiServer, listOf, refuse, stream } from '../../../support/fake-kubernetes/api-server.ts';
import { doneWith, stepState, taskRun } from './examples.ts';

const TASK_RUNS = '/apis/tekton.dev/v1/taskruns';
const LIST = `GET ${TASK_RUNS}`;
const WATCH = `WATCH ${TASK_RUNS}`;
const HIT = doneWith([stepState('cache-fetch', 'exact')]);
const MISS = doneWith([stepState('cache-fetch', 'not-found'), stepState('cache-upload', 'pushed')], 'False');

const event = (type: string, object: KubeObject) => ({ type, object });

describe('the counting of steps', () => {
  let server: FakeApiServer;
  let counter: StepCounter;
  let metrics: Metrics;

  beforeEach(async () => {
    server = await FakeApiServer.start();
    metrics = new Metrics();
    counter = new StepCounter({
      client: new KubeClient(server.transport()),
      metrics,
      log: createLog({ silent: true }),
      backoff: { firstMs: 5, maxMs: 20 },
    });
  });
  afterEach(async () => {
    await counter.stop();
    await server.stop();
  });

  const values = (name: string) =>
    metrics
      .text()
      .split('\n')
      .filter((line) => line.startsWith(`${name}{`))
      .map((line) => line.slice(name.length));
  const reach = async (line: string) =>
    await until(line, 5000, async () => values('tekton_cache_steps_total').includes(line));
  const row = (verb: string, outcome: string, reason: string, count = 1) =>
    `{resolver="cache",verb="${verb}",outcome="${outcome}",reason="${reason}"} ${count}`;

  it('takes each TaskRun once, when it ends, however often it changes', async () => {
    server.on(LIST, listOf('7', taskRun('a', '5')));
    server.on(
      WATCH,
      stream(
        event('ADDED', taskRun('b', '8')),
        event('MODIFIED', taskRun('a', '9', HIT)),
        event('MODIFIED', taskRun('a', '10', HIT)),
        event('MODIFIED', taskRun('b', '11', MISS)),
        event('DELETED', taskRun('a', '12', HIT)),
      ),
    );
    await counter.start();
    await reach(row('upload', 'uploaded', 'pushed'));
    expect(values('tekton_cache_steps_total')).to.deep.equal([
      row('fetch', 'hit', 'exact'),
      row('fetch', 'miss', 'not-found'),
      row('upload', 'uploaded', 'pushed'),
    ]);
    expect(values('tekton_cache_step_duration_seconds_count')).to.deep.equal([
      '{resolver="cache",verb="fetch"} 2',
      '{resolver="cache",verb="upload"} 1',
    ]);
    expect(server.received[0]?.query.get('labelSelector')).to.equal('cache.tekton.dev/steps');
  });

  it('leaves alone what ended before it looked, and what was deleted at work', async () => {
    server.on(LIST, listOf('7', taskRun('old', '5', HIT), taskRun('gone', '6')));
    server.on(
      WATCH,
      stream(
        event('MODIFIED', taskRun('old', '8', HIT)),
        event('DELETED', taskRun('gone', '9')),
        event('MODIFIED', taskRun('gone', '10', HIT)),
        event('ADDED', taskRun('new', '11')),
        event('MODIFIED', taskRun('new', '12', MISS)),
      ),
    );
    await counter.start();
    await reach(row('fetch', 'miss', 'not-found'));
    expect(values('tekton_cache_steps_total').filter((line) => line.includes('exact'))).to.deep.equal([]);
  });

  it('finds in the next list what ended while the watch was lost', async () => {
    const watchLost = refuse(410, 'Expired');
    server.on(LIST, listOf('7', taskRun('a', '5'), taskRun('b', '6')), listOf('20', taskRun('a', '15', HIT)));
    server.on(WATCH, endedStream(), watchLost, stream(event('MODIFIED', taskRun('b', '21', HIT))));
    await counter.start();
    await reach(row('fetch', 'hit', 'exact'));
    await until('the second watch', 5000, async () => server.count(WATCH) >= 3);
    expect(values('tekton_cache_steps_total'), 'b is not in the second list').to.deep.equal([
      row('fetch', 'hit', 'exact'),
    ]);
  });

  it('is not held up by a TaskRun that nobody can read', async () => {
    const broken = { ...taskRun('a', '8'), status: { conditions: 'none' } };
    server.on(LIST, listOf('7', taskRun('b', '6')));
    server.on(WATCH, stream(event('ADDED', broken), event('MODIFIED', taskRun('b', '9', HIT))));
    await counter.start();
    await reach(row('fetch', 'hit', 'exact'));
  });

  it('tells while it does not hear of TaskRuns, and keeps nobody from being ready', async () => {
    const lost = () => values('tekton_cache_watches_lost');
    server.on(LIST, refuse(403, 'Forbidden'));
    const started = counter.start().catch(() => undefined);
    await until('trouble', 5000, async () => counter.trouble !== undefined);
    expect(counter.isReady).to.equal(true);
    expect(lost()).to.deep.equal(['{resource="taskruns"} 1']);
    await counter.stop();
    await started;
  });
});

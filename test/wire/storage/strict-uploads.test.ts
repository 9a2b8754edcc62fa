/** Uploads while the registry collects its garbage: what they do depends on whether an error fails their run. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect } from 'chai';

import { realPorts } from '../../../shared/helper/ports.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import { CollectionWait } from '../../../shared/store/auth/collection-wait.ts';
import { sha256 } from '../../../shared/store/digest.ts';
import type { CacheReport, CacheRequest } from '../../../shared/request/protocol.ts';
import { until } from '../../support/deadline.ts';
import { patient } from '../../support/patience.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { request as requestWith } from '../../unit/helper/fakes.ts';
import { StorageGround } from './ground.ts';

const CONTENT = Buffer.from('content');
const WAITS = 'the upload waits for the end of that';

describe('an upload while the registry collects its garbage', () => {
  let ground: StorageGround;
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let log: string[];

  beforeEach(async () => {
    log = [];
    directory = await temporaryDirectory();
    ground = new StorageGround();
    await ground.start('docker-registry');
  });
  afterEach(async () => {
    await ground.stop();
    await directory.remove();
  });

  const transfer = async (given: Partial<CacheRequest>): Promise<CacheReport> => {
    const dir = join(directory.path, `${given.verb}-${given.onError}`);
    mkdirSync(dir, { recursive: true });
    if (given.verb === 'upload') writeFileSync(join(dir, 'file'), 'content');
    const request = requestWith({
      target: `${ground.registry.host}/team-a/app/deps:key`,
      caches: [{ name: 'cache', dir }],
      registryToken: await ground.registryToken('team-a'),
      ...given,
    });
    return await runRequest(request, realPorts(request, { line: (line) => log.push(line) }));
  };
  /** Pushes are held until the function that this gives is called; then the registry collects. */
  const hold = async (): Promise<() => Promise<void>> => {
    const gate = Promise.withResolvers<void>();
    const over = ground.collection.run(async () => await gate.promise, new AbortController().signal);
    await until('pushes to be held', 10_000, () => Promise.resolve(ground.state['collect-before']));
    return async () => {
      gate.resolve();
      await over;
    };
  };

  it('waits for the end where an error fails the run, and ends softly elsewhere; a fetch goes on', async () => {
    await transfer({ verb: 'upload', onError: 'continue' });
    const collect = await hold();
    const strict = transfer({ verb: 'upload', onError: 'fail', target: `${ground.registry.host}/team-a/app/work:key` });
    await until('the word that it waits', 30_000, () => Promise.resolve(log.some((line) => line.includes(WAITS))));
    const [soft, fetched] = await Promise.all([
      transfer({ verb: 'upload', onError: 'continue', force: true }),
      transfer({ verb: 'fetch', onError: 'fail' }),
    ]);
    expect({ failure: soft.failure, reason: soft.results['reason'] }).to.deep.equal({
      failure: undefined,
      reason: 'unauthorized',
    });
    expect(soft.message).to.match(/the registry collects its garbage: nobody pushes until .* at the latest/);
    expect(fetched.results).to.include({ reason: 'exact' });
    await collect();
    const { failure, results } = await strict;
    expect({ failure, reason: results['reason'] }).to.deep.equal({ failure: undefined, reason: 'pushed' });
    expect(log.filter((line) => line.includes(WAITS))).to.have.length(1);
    expect(log.find((line) => line.includes('takes pushes again'))).to.match(/after \d/);
    const again = await transfer({
      verb: 'fetch',
      onError: 'fail',
      target: `${ground.registry.host}/team-a/app/work:key`,
    });
    expect(again.results).to.include({ reason: 'exact' });
  });

  it('fails when its bound passes, and says what to do', async () => {
    await transfer({ verb: 'upload', onError: 'continue' });
    const collect = await hold();
    const wait = new CollectionWait({ longestMs: patient(3000), tell: (line) => log.push(line) });
    const store = await ground.openWaiting('team-a/app/deps', wait);
    const failed = await store.putBlob(sha256(CONTENT), CONTENT).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(failed).to.include({ code: 'Unauthorized' });
    expect(String(failed)).to.match(
      /the registry collects its garbage: .*\. The upload waited [0-9hms]+ for the end of that; start the run again/,
    );
    await collect();
  });

  it('takes nothing of the time for work where nobody has said a `max-time`', async () => {
    await transfer({ verb: 'upload', onError: 'continue' });
    const collect = await hold();
    const maxTimeMs = patient(5000);
    const waiting = transfer({ verb: 'upload', onError: 'fail', maxTimeMs, countsWorkAlone: true });
    await until('the word that it waits', 30_000, () => Promise.resolve(log.some((line) => line.includes(WAITS))));
    const since = performance.now();
    await until('the time for work to pass', 60_000, () => Promise.resolve(performance.now() > since + maxTimeMs));
    await collect();
    const { failure, results } = await waiting;
    expect({ failure, reason: results['reason'] }).to.deep.equal({ failure: undefined, reason: 'pushed' });
  });

  it('has `max-time` as its bound', async () => {
    await transfer({ verb: 'upload', onError: 'continue' });
    const collect = await hold();
    const { failure, results } = await transfer({ verb: 'upload', onError: 'fail', maxTimeMs: 3000 });
    expect(failure).to.deep.include({ code: 'Deadline' });
    expect(results).to.include({ reason: 'deadline' });
    expect(log.filter((line) => line.includes(WAITS))).to.have.length(1);
    await collect();
  });
});

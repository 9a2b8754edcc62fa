import { expect } from 'chai';

import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import { Informer } from '../../../../../controller/kube/informer/informer.ts';
import type { InformerOptions } from '../../../../../controller/kube/informer/informer.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { PODS } from '../../../../../controller/kube/objects/resource.ts';
import { createLog } from '../../../../../shared/log.ts';
import type { Log } from '../../../../../shared/log.ts';
import { until } from '../../../../support/deadline.ts';
import type { Answer } from '../../../../support/fake-kubernetes/api-server.ts';
import {
  endedStream,
  FakeApiServer,
  hangUp,
  listOf,
  refuse,
  stream,
} from '../../../../support/fake-kubernetes/api-server.ts';

const LIST = 'GET /api/v1/pods';
const WATCH = 'WATCH /api/v1/pods';

const pod = (name: string, resourceVersion: string) => ({
  metadata: { namespace: 'ns', name, uid: `uid-${name}`, resourceVersion },
  spec: { containers: [] },
});
const added = (name: string, resourceVersion: string) => ({ type: 'ADDED', object: pod(name, resourceVersion) });

/** A log, and how long each of its warnings says that the Reflector waits. */
function logOfWaits(): { readonly log: Log; readonly waits: readonly number[] } {
  const waits: number[] = [];
  const log: Log = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_message, fields = {}) => void ('waitMs' in fields && waits.push(Number(fields.waitMs))),
    error: () => undefined,
    child: () => log,
  };
  return { log, waits };
}

const expired = { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } };

describe('Informer', () => {
  let server: FakeApiServer;
  let informer: Informer<Pod> | undefined;
  let events: string[];

  beforeEach(async () => {
    server = await FakeApiServer.start();
    events = [];
  });
  afterEach(async () => {
    await informer?.stop();
    await server.stop();
  });

  function start(options: Partial<InformerOptions<Pod>> = {}): Informer<Pod> {
    informer = new Informer({
      client: new KubeClient(server.transport()),
      resource: PODS,
      log: createLog({ silent: true }),
      backoff: { firstMs: 5, maxMs: 20 },
      ...options,
    });
    informer.onEvent(({ type, object }) => events.push(`${type} ${object.metadata.name}`));
    informer.start();
    return informer;
  }
  const seen = async (event: string) => await until(event, 5000, async () => events.includes(event));

  it('lists, then follows the watch from the version of the list', async () => {
    server.on(LIST, listOf('7', pod('a', '5')));
    server.on(WATCH, stream(added('b', '8'), { type: 'DELETED', object: pod('a', '9') }));
    const pods = start();
    expect(pods.hasSynced).to.equal(false);
    await seen('delete a');
    expect(pods.hasSynced).to.equal(true);
    expect(events).to.deep.equal(['add a', 'add b', 'delete a']);
    expect([...pods.values()].map((one) => one.metadata.name)).to.deep.equal(['b']);
    const watch = server.received.find((request) => request.query.has('watch'));
    expect(watch?.query.get('resourceVersion')).to.equal('7');
    expect(watch?.query.get('allowWatchBookmarks')).to.equal('true');
  });

  it('takes a long list page by page', async () => {
    server.on(
      LIST,
      (_request, response) => {
        const page = { metadata: { resourceVersion: '7', continue: 'more' }, items: [pod('a', '5')] };
        response.end(JSON.stringify(page));
      },
      listOf('7', pod('b', '6')),
    );
    server.on(WATCH, stream());
    await start().synced();
    expect(events).to.deep.equal(['add a', 'add b']);
    expect(server.received.map((request) => request.query.get('continue'))).to.include('more');
  });

  for (const [what, failure] of [
    ['429', refuse(429, 'TooManyRequests')],
    ['403', refuse(403, 'Forbidden')],
    ['500', refuse(500, 'InternalError')],
    ['a broken connection', hangUp],
  ] as const) {
    it(`tries a first list again after ${what}, and has not synced before`, async () => {
      server.on(LIST, failure, failure, listOf('7', pod('a', '5'))).on(WATCH, stream());
      const pods = start();
      await until('a second list', 5000, async () => server.count(LIST) >= 2);
      await pods.synced();
      expect(server.count(LIST)).to.equal(3);
      expect(events).to.deep.equal(['add a']);
    });

    it(`watches on from the last version after ${what}`, async () => {
      server.on(LIST, listOf('7')).on(WATCH, endedStream(added('a', '8')), failure, stream(added('b', '9')));
      start();
      await seen('add b');
      expect(server.count(LIST)).to.equal(1);
      const versions = server.received.slice(1).map((request) => request.query.get('resourceVersion'));
      expect(versions).to.deep.equal(['7', '8', '8']);
    });
  }

  it('goes on when the connection of a watch breaks in the middle', async () => {
    server.on(LIST, listOf('7')).on(WATCH, stream(added('a', '8')), stream(added('b', '9')));
    start();
    await seen('add a');
    server.cutConnections();
    await seen('add b');
    expect(server.count(LIST)).to.equal(1);
  });

  it('waits as long as Retry-After says', async () => {
    server.on(LIST, refuse(429, 'TooManyRequests', { 'retry-after': '1' }), listOf('7')).on(WATCH, stream());
    const startedAt = performance.now();
    await start().synced();
    expect(performance.now() - startedAt).to.be.at.least(990);
  });

  for (const [how, gone] of [
    ['as a status', refuse(410, 'Expired')],
    ['in the stream', stream({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } })],
  ] as const) {
    it(`lists again when its version is gone (${how}), and tells what vanished meanwhile`, async () => {
      server.on(LIST, listOf('7', pod('a', '5'), pod('b', '6')), listOf('20', pod('b', '6')));
      server.on(WATCH, gone, stream());
      start();
      await seen('delete a');
      expect(events).to.deep.equal(['add a', 'add b', 'delete a']);
    });
  }

  it('takes an error in the stream other than 410 as a broken watch, not as an object', async () => {
    const broken = stream({ type: 'ERROR', object: { kind: 'Status', code: 500, reason: 'InternalError' } });
    server.on(LIST, listOf('7')).on(WATCH, broken, stream(added('a', '8')));
    start();
    await seen('add a');
    expect(events).to.deep.equal(['add a']);
  });

  it('moves its version on with bookmarks', async () => {
    const bookmark = { type: 'BOOKMARK', object: { metadata: { resourceVersion: '50' } } };
    server.on(LIST, listOf('7')).on(WATCH, endedStream(bookmark), stream());
    start();
    await until('a second watch', 5000, async () => server.count(WATCH) === 2);
    expect(server.received.at(-1)?.query.get('resourceVersion')).to.equal('50');
    expect(events).to.deep.equal([]);
  });

  it('does not ask a server that ends every watch at once in a tight loop', async () => {
    server.on(LIST, listOf('7')).on(WATCH, endedStream());
    start({ backoff: { firstMs: 100, maxMs: 1000 } });
    const startedAt = performance.now();
    await until('three watches', 5000, async () => server.count(WATCH) >= 3);
    expect(performance.now() - startedAt).to.be.at.least(160);
  });

  it('hands out everything again at each resync', async () => {
    server.on(LIST, listOf('7', pod('a', '5'))).on(WATCH, stream());
    start({ resyncMs: 20 });
    await seen('resync a');
  });

  it('stays stopped, also when it is stopped while it waits to try again', async () => {
    server.on(LIST, refuse(500, 'InternalError'));
    const pods = start({ backoff: { firstMs: 3_600_000, maxMs: 3_600_000 } });
    await until('a failed list', 5000, async () => server.count(LIST) === 1);
    // Returns when nothing of it runs any more.
    await pods.stop();
    pods.start();
    await pods.synced().then(
      () => expect.fail('it never synced'),
      () => undefined,
    );
    expect(server.count(LIST)).to.equal(1);
  });

  it('survives a handler that throws', async () => {
    server.on(LIST, listOf('7')).on(WATCH, stream(added('a', '8'), added('b', '9')));
    const pods = new Informer({
      client: new KubeClient(server.transport()),
      resource: PODS,
      log: createLog({ silent: true }),
    });
    informer = pods;
    pods.onEvent(({ object }) => {
      events.push(`add ${object.metadata.name}`);
      throw new Error('a bug');
    });
    pods.start();
    await seen('add b');
  });

  for (const [what, keep] of [
    ['nothing', () => undefined],
    [
      'nothing that cannot be read',
      () => {
        throw new Error('a bug');
      },
    ],
  ] as const) {
    it(`keeps ${what} where it is told so, and watches on`, async () => {
      server.on(LIST, listOf('7', pod('a', '5'))).on(WATCH, endedStream(added('b', '8')), stream());
      const pods = start({ keep });
      await until('a second watch', 5000, async () => server.count(WATCH) === 2);
      expect(pods.size).to.equal(0);
      expect(events).to.deep.equal([]);
    });
  }

  it('tells once of the end of an object that is no longer to be kept', async () => {
    const moved = (resourceVersion: string) => {
      const { spec, ...rest } = pod('a', resourceVersion);
      return { type: 'MODIFIED', object: { ...rest, spec: { ...spec, nodeName: 'away' } } };
    };
    server.on(LIST, listOf('7', pod('a', '5')));
    server.on(WATCH, stream(moved('8'), moved('9'), { type: 'DELETED', object: pod('a', '10') }, added('b', '11')));
    start({ keep: (one) => (one.spec.nodeName === undefined ? one : undefined) });
    await seen('add b');
    expect(events).to.deep.equal(['add a', 'delete a', 'add b']);
  });

  it('forgets with a fresh list what only looked newer', async () => {
    server.on(LIST, listOf('900', pod('a', '800')), listOf('20', pod('a', '15')));
    server.on(WATCH, refuse(410, 'Expired'), stream());
    const pods = start();
    await seen('update a');
    expect(pods.get('ns/a')?.metadata.resourceVersion).to.equal('15');
  });

  it('lists again at once when its version is gone, and does not go on so with a server that says nothing else', async () => {
    const late: Answer = (request, response) => {
      if (request.query.get('resourceVersion') === '7') stream(added('a', '8'), expired)(request, response);
      else refuse(410, 'Expired')(request, response);
    };
    server.on(LIST, listOf('7'), listOf('20')).on(WATCH, late);
    start({ backoff: { firstMs: 3_600_000, maxMs: 3_600_000 } });
    await until('the watch after the second list', 5000, async () => server.count(WATCH) === 2);
    // It waits an hour now.
    await informer?.stop();
    expect(server.count(LIST)).to.equal(2);
  });

  it('does not wait for a server that answers again, if only that it is not ready, as for one that is away', async () => {
    const notReady = refuse(429, 'TooManyRequests');
    server.on(LIST, hangUp, hangUp, hangUp, hangUp, notReady, notReady, listOf('7')).on(WATCH, stream());
    const { log, waits } = logOfWaits();
    await start({ log, backoff: { firstMs: 10, maxMs: 3_600_000 } }).synced();
    const [, , , away = 0, back = 0, next = 0] = waits;
    expect(away, 'after four tries in vain').to.be.at.least(64);
    expect(back, 'after the first answer').to.be.at.most(10);
    expect(next, 'after the second').to.be.above(back);
  });

  it('hands out all that it has when the server is back', async () => {
    server.on(LIST, listOf('7', pod('a', '5'))).on(WATCH, refuse(500, 'InternalError'), stream());
    const pods = start();
    await seen('resync a');
    expect(pods.trouble).to.equal(undefined);
  });
});

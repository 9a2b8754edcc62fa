import { request } from 'node:http';
import { Worker } from 'node:worker_threads';

import { expect } from 'chai';

import { healthAnswer } from '../../../../controller/health/answer.ts';
import { HealthServer } from '../../../../controller/health/health-server.ts';

/** Asks, in a thread of its own, for a path until there is an answer, while the main thread is blocked; then it lets the main thread go on. */
const ASKER = `
  const { workerData: { port, path, sign } } = require('node:worker_threads');
  const { get } = require('node:http');
  get({ port, path, agent: false }, (response) => {
    response.resume().on('end', () => {
      Atomics.store(sign, 1, response.statusCode);
      Atomics.store(sign, 0, 1);
      Atomics.notify(sign, 0);
    });
  });`;

describe('the health server', () => {
  let server: HealthServer;
  let port: number;
  let ready = false;
  const start = async (stillMs: number): Promise<void> => {
    server = HealthServer.start(
      { port: 0, stillMs },
      {
        readiness: () => [
          { name: 'customruns', ok: true, detail: 'watched' },
          { name: 'resolutionrequests', ok: ready, detail: 'not served' },
        ],
        metrics: () => 'a 1\n',
      },
    );
    port = await server.listening();
  };
  afterEach(() => server.close());
  const get = async (path: string) => await fetch(`http://127.0.0.1:${port}${path}`);
  const status = async (path: string) => (await get(path)).status;
  /** The status of an answer that came while this thread did nothing else than to wait for it. */
  const statusWhileBlocked = (path: string): number => {
    const sign = new Int32Array(new SharedArrayBuffer(8));
    const asker = new Worker(ASKER, { eval: true, workerData: { port, path, sign } });
    Atomics.wait(sign, 0, 0, 30_000);
    void asker.terminate();
    return Atomics.load(sign, 1);
  };

  it('is well as soon as it answers, and ready when its informers have synced', async () => {
    await start(60_000);
    expect([await status('/livez'), await status('/healthz'), await status('/readyz')]).to.deep.equal([200, 200, 503]);
    ready = true;
    expect([await status('/readyz'), await status('/readyz?verbose'), await status('/')]).to.deep.equal([
      200, 200, 404,
    ]);
  });

  it('says of each part how it is, where it is asked to', async () => {
    ready = false;
    await start(60_000);
    const response = await get('/readyz?verbose');
    expect(response.status).to.equal(503);
    expect(await response.text()).to.equal('[+]customruns watched\n[-]resolutionrequests not served\n503\n');
  });

  it('serves metrics as Prometheus wants them', async () => {
    await start(60_000);
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).to.equal('text/plain; version=0.0.4; charset=utf-8');
    expect(await response.text()).to.equal('a 1\n');
  });

  it('answers while the main thread does one long job', async () => {
    ready = true;
    await start(60_000);
    expect(await status('/readyz')).to.equal(200);
    expect(['/livez', '/readyz'].map(statusWhileBlocked)).to.deep.equal([200, 200]);
  });

  it('says that the process is dead when its main thread has stood still for too long', async () => {
    await start(0);
    expect(statusWhileBlocked('/livez')).to.equal(503);
    expect(statusWhileBlocked('/readyz')).to.equal(503);
  });

  it('takes a main thread that was never heard of for not ready, and for alive', () => {
    const main = { silentMs: 10, stillMs: 60_000, parts: undefined };
    expect(healthAnswer('/readyz', false, main).status).to.equal(503);
    expect(healthAnswer('/livez', false, main).status).to.equal(200);
  });

  it('tells how long the main thread has stood still', () => {
    const main = { silentMs: 61_000, stillMs: 60_000, parts: [] };
    expect(healthAnswer('/livez', false, main).text).to.equal('the main thread has stood still for 61 s\n');
  });

  it('ends no request of others by a path that is none', async () => {
    await start(60_000);
    const code = await new Promise((resolve) => {
      request({ port, path: '//', agent: false }, (response) => resolve(response.resume().statusCode))
        .on('error', () => resolve('cut'))
        .end();
    });
    expect(code).to.equal(400);
    expect(await status('/livez')).to.equal(200);
  });
});

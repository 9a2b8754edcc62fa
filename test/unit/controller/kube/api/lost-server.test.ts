import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

import { KubeConfig } from '@kubernetes/client-node';
import { expect } from 'chai';

import { KubeClient } from '../../../../../controller/kube/api/client.ts';
import { Transport } from '../../../../../controller/kube/api/transport.ts';
import { Informer } from '../../../../../controller/kube/informer/informer.ts';
import type { Pod } from '../../../../../controller/kube/objects/pod.ts';
import { PODS } from '../../../../../controller/kube/objects/resource.ts';
import { createLog } from '../../../../../shared/log.ts';
import { until } from '../../../../support/deadline.ts';
import { FakeApiServer, listOf, stream } from '../../../../support/fake-kubernetes/api-server.ts';

const LIST = 'GET /api/v1/pods';
const WATCH = 'WATCH /api/v1/pods';
const PATIENCE = { connectMs: 300, answerMs: 300 };
/** Longer than this test lasts: what ends sooner does so by the patience with a server. */
const CALL_MS = 300_000;

/** A server that has hardly any room for connections, and accepts none while it is stopped. */
const SERVER = `
  const list = JSON.stringify({ metadata: { resourceVersion: '7' }, items: [] });
  const server = require('node:http').createServer((request, response) => {
    if (request.url.includes('watch=')) response.writeHead(200).flushHeaders();
    else response.end(list);
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(server.address().port));`;

describe('an API server that is lost without a word', function () {
  this.timeout(60_000);
  let informer: Informer<Pod> | undefined;
  afterEach(async () => {
    await informer?.stop();
    informer = undefined;
  });

  const start = (transport: Transport): Informer<Pod> => {
    const log = createLog({ silent: true });
    const backoff = { firstMs: 5, maxMs: 20 };
    informer = new Informer({ client: new KubeClient(transport, CALL_MS), resource: PODS, log, backoff });
    informer.start();
    return informer;
  };

  describe('as it accepts no connections', () => {
    let child: ChildProcess;
    let port: number;
    let sockets: Socket[];
    beforeEach(async () => {
      child = spawn(process.execPath, ['-e', SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
      const [line]: unknown[] = child.stdout === null ? [] : await once(child.stdout, 'data');
      port = Number(String(line));
      child.kill('SIGSTOP');
      sockets = [];
      while (await isAccepted());
    });
    afterEach(() => {
      for (const socket of sockets) socket.destroy();
      child.kill('SIGKILL');
    });

    /** The kernel accepts as many as it has room for. */
    const isAccepted = async (): Promise<boolean> => {
      const socket = connect(port, '127.0.0.1').on('error', () => undefined);
      sockets.push(socket);
      return await Promise.race([once(socket, 'connect').then(() => true), pause(500).then(() => false)]);
    };

    it('is given up within the time for a connection, and listed when it is back', async () => {
      const config = new KubeConfig();
      const server = `http://127.0.0.1:${port}`;
      config.loadFromClusterAndUser({ name: 'c', server, skipTLSVerify: true }, { name: 'u', token: 'none' });
      const pods = start(new Transport(config, PATIENCE));
      const why = await until('a word about the connection', 20_000, async () => pods.trouble);
      expect(why).to.include(`no connection to 127.0.0.1:${port} in 0.3 s`);
      child.kill('SIGCONT');
      await pods.synced();
      await until('the end of the trouble', 20_000, async () => pods.trouble === undefined);
    });
  });

  describe('as it accepts connections and says nothing', () => {
    let server: FakeApiServer;
    beforeEach(async () => (server = await FakeApiServer.start()));
    afterEach(() => server.stop());

    it('is asked for a watch again, within the time for an answer', async () => {
      server.on(LIST, listOf('7'));
      server.on(WATCH, () => undefined, stream());
      start(server.transport(PATIENCE));
      await until('a second watch', 20_000, async () => server.count(WATCH) > 1);
    });
  });
});

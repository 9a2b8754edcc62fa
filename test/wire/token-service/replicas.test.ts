import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { expect } from 'chai';

import { renewedKeys } from '../../../controller/token-service/keys/key-secret.ts';
import { renewedProvenance } from '../../../controller/token-service/keys/provenance-key.ts';
import { realPorts } from '../../../shared/helper/ports.ts';
import { runRequest } from '../../../shared/helper/run-request.ts';
import { until } from '../../support/deadline.ts';
import { answer, FakeApiServer, listOf, stream } from '../../support/fake-kubernetes/api-server.ts';
import type { Answer } from '../../support/fake-kubernetes/api-server.ts';
import { Balancer } from '../../support/fake-kubernetes/balancer.ts';
import { startRole } from '../../support/fake-kubernetes/role-process.ts';
import type { RoleProcess } from '../../support/fake-kubernetes/role-process.ts';
import { startRegistry } from '../../support/registry/registry-process.ts';
import type { RunningRegistry } from '../../support/registry/registry-process.ts';
import { temporaryDirectory } from '../../support/registry/temporary-directory.ts';
import { request as requestWith } from '../../unit/helper/fakes.ts';

const SERVICE = 'tekton-cache-registry';
const SYSTEM = '/api/v1/namespaces/tekton-cache';
const RUNS = 40;
const AT_ONCE = 10;
/** Runs that have ended when a replica goes. */
const BEFORE = 12;
/** Questions that still come to a replica that was told to end, before its Service notices. */
const LATE_QUESTIONS = 10;
/** Connections that a dead replica breaks before its Service notices. */
const BROKEN = 3;
/** Many times what it takes to ask them, and less than what cuts the process off. */
const LINGER_S = 6;

interface Replica {
  readonly role: RoleProcess;
  readonly port: number;
}

describe('two replicas of the token service under load', () => {
  let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
  let kubernetes: FakeApiServer;
  let balancer: Balancer;
  let registry: RunningRegistry;
  let replicas: Replica[] = [];
  const keys = renewedKeys({}, new Date())!;
  const provenance = renewedProvenance({})!;

  before(async () => {
    directory = await temporaryDirectory();
    kubernetes = await clusterOf({ ...keys, ...provenance });
    balancer = await Balancer.start();
    const realm = `http://127.0.0.1:${balancer.port}/token`;
    const rootcertbundle = join(directory.path, 'authority.crt');
    await writeFile(rootcertbundle, keys['authority.crt']);
    registry = await startRegistry({
      auth: { token: { realm, service: SERVICE, issuer: 'tekton-cache', rootcertbundle } },
    });
  });
  beforeEach(async () => {
    replicas = await Promise.all([startReplica(), startReplica()]);
    balancer.broken = 0;
  });
  afterEach(async () => {
    for (const { port } of replicas) balancer.remove(port);
    await Promise.all(replicas.map(async ({ role }) => await role.stop('SIGKILL')));
    replicas = [];
  });
  after(async () => {
    balancer?.stop();
    await registry?.stop();
    await kubernetes?.stop();
    await directory?.remove();
  });

  const startReplica = async (): Promise<Replica> => {
    const role = await startRole('token-service/main.ts', {
      server: kubernetes.url,
      directory: directory.path,
      env: { LINGER_SECONDS: String(LINGER_S) },
    });
    const portOf = async (message: string) =>
      await until(message, 60_000, () =>
        Promise.resolve(new RegExp(`"message":"${message}","port":(\\d+)`).exec(role.log())?.[1]),
      );
    const [port, health] = [await portOf('listening'), await portOf('listening for health')];
    await until('it to be ready', 60_000, async () => (await fetch(`http://127.0.0.1:${health}/readyz`)).ok);
    balancer.add(Number(port));
    return { role, port: Number(port) };
  };

  /** An upload by a pod of its own, to a repository of its own. */
  const upload = async (run: string) => {
    const dir = join(directory.path, run);
    await mkdir(dir);
    await writeFile(join(dir, 'file'), run);
    const tokenFile = join(directory.path, `${run}.token`);
    await writeFile(tokenFile, passwordOf(run));
    const request = requestWith({
      verb: 'upload',
      target: `${registry.host}/team/${run}:key`,
      caches: [{ name: 'cache', dir }],
      registryToken: {
        registry: registry.host,
        realm: `http://127.0.0.1:${balancer.port}/token`,
        tokenFile,
        publicKeys: provenance['provenance.pub'],
      },
    });
    return await runRequest(request, realPorts(request, { line: () => undefined }));
  };

  /** Runs end one after the other, several at once; in the midst of them one replica goes, until `leave` has seen that its Service notices. */
  const load = async (name: string, leave: (replica: Replica, isOver: () => boolean) => Promise<void>) => {
    const [leaving] = replicas;
    if (leaving === undefined) throw new Error('there is no replica');
    const waiting = Array.from({ length: RUNS }, (_, at) => `${name}-${at}`);
    const ended: Awaited<ReturnType<typeof upload>>[] = [];
    let inFlight: number | undefined;
    let left: Promise<void> | undefined;
    const work = async (): Promise<void> => {
      for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
        ended.push(await upload(run));
        if (ended.length < BEFORE || inFlight !== undefined) continue;
        inFlight = balancer.openTo(leaving.port);
        left = leave(leaving, () => ended.length === RUNS).then(() => balancer.remove(leaving.port));
        left.catch(() => undefined);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    await left;
    const reasons = ended.map(({ results }) => results['reason'] ?? '');
    return {
      failed: ended.filter(({ failure }) => failure !== undefined).length,
      soft: reasons.filter((reason) => reason !== 'pushed'),
      pushed: reasons.filter((reason) => reason === 'pushed').length,
      inFlight: inFlight ?? 0,
    };
  };

  it('fail no run when one is killed, and cost at most what it was just answering', async () => {
    const { failed, soft, pushed, inFlight } = await load('killed', async ({ role }, isOver) => {
      await role.stop('SIGKILL');
      const before = balancer.broken;
      await until('broken connections', 60_000, async () => balancer.broken >= before + BROKEN || isOver(), 5);
    });
    process.stderr.write(
      `killed with ${inFlight} connections open: ${pushed} pushed, not: ${soft.join(', ') || 'none'}\n`,
    );
    expect(failed).to.equal(0);
    expect(soft.length).to.be.at.most(inFlight);
  });

  it('lose no question when one is told to end: it answers until nobody is sent to it any more', async () => {
    const asked: number[] = [];
    const { failed, soft } = await load('rolled', async ({ role, port }) => {
      void role.stop('SIGTERM');
      await until('its last words', 60_000, async () => role.log().includes('"stopping"'), 5);
      asked.push(...(await Promise.all(Array.from({ length: LATE_QUESTIONS }, () => statusOf(port)))));
    });
    expect({ failed, soft, broken: balancer.broken }).to.deep.equal({ failed: 0, soft: [], broken: 0 });
    const [leaving] = replicas;
    expect(await until('its end', 60_000, () => Promise.resolve(leaving?.role.code()?.toString()))).to.equal('0');
    expect(new Set(asked)).to.deep.equal(new Set([401]));
  });
});

/** Of an answer to somebody without a login, on a connection of its own; 0: nobody answered. */
async function statusOf(port: number): Promise<number> {
  return await fetch(`http://127.0.0.1:${port}/scope`, { headers: { connection: 'close' } }).then(
    ({ status }) => status,
    () => 0,
  );
}

/** In the form of a service account token. */
function passwordOf(run: string): string {
  const claims = { aud: ['tekton-cache'], exp: Math.floor(Date.now() / 1000) + 600, run };
  return ['{}', JSON.stringify(claims), 'x'].map((part) => Buffer.from(part).toString('base64url')).join('.');
}

/** An API server that knows the Secret of the keys, and for each run a pod, its TaskRun and its PipelineRun. */
async function clusterOf(items: Readonly<Record<string, string>>): Promise<FakeApiServer> {
  const server = await FakeApiServer.start();
  const data = Object.fromEntries(
    Object.entries(items).map(([name, text]) => [name, Buffer.from(text).toString('base64')]),
  );
  const published = { 'provenance.pub': items['provenance.pub'] ?? '' };
  server
    .on(
      `GET ${SYSTEM}/secrets/tekton-cache-token-keys`,
      answer({ metadata: { name: 'keys', resourceVersion: '1' }, data }),
    )
    .on(
      `GET ${SYSTEM}/configmaps/tekton-cache-provenance-keys`,
      answer({ metadata: { name: 'keys' }, data: published }),
    )
    .on(`GET ${SYSTEM}/configmaps`, listOf('1'))
    .on(`WATCH ${SYSTEM}/configmaps`, stream())
    .on('GET /api/v1/namespaces/team', answer({ metadata: { name: 'team' } }))
    .on('POST /apis/authentication.k8s.io/v1/tokenreviews', review);
  for (const run of ['killed', 'rolled'].flatMap((name) => Array.from({ length: RUNS }, (_, at) => `${name}-${at}`))) {
    const object = (
      name: string,
      owner?: { readonly kind: string; readonly name: string },
      more: object = {},
    ): Answer => {
      const reference = { apiVersion: 'tekton.dev/v1', controller: true, uid: owner?.name, ...owner };
      return answer({
        metadata: { name, namespace: 'team', uid: name, ownerReferences: owner === undefined ? [] : [reference] },
        ...more,
      });
    };
    const [task, pipeline] = [`${run}-task`, `${run}-pipeline`];
    const children = { childReferences: [{ kind: 'TaskRun', name: task }] };
    server
      .on(`GET /api/v1/namespaces/team/pods/${run}`, object(run, { kind: 'TaskRun', name: task }))
      .on(
        `GET /apis/tekton.dev/v1/namespaces/team/taskruns/${task}`,
        object(task, { kind: 'PipelineRun', name: pipeline }, { status: { podName: run } }),
      )
      .on(
        `GET /apis/tekton.dev/v1/namespaces/team/pipelineruns/${pipeline}`,
        object(pipeline, undefined, { status: children }),
      );
  }
  return server;
}

const review: Answer = (received, response) => {
  const { spec } = received.body as { readonly spec: { readonly token: string } };
  const claims = Buffer.from(spec.token.split('.')[1] ?? '', 'base64url').toString();
  const { run } = JSON.parse(claims) as { readonly run: string };
  const extra = {
    'authentication.kubernetes.io/pod-name': [run],
    'authentication.kubernetes.io/pod-uid': [run],
  };
  const user = { username: 'system:serviceaccount:team:default', extra };
  answer({ status: { authenticated: true, audiences: ['tekton-cache'], user } })(received, response);
};

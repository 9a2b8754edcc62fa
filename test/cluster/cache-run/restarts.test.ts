import { expect } from 'chai';

import { writesBy } from '../../support/cluster/audit-log.ts';
import { startApiProxy } from '../../support/product/api-proxy.ts';
import type { Trap } from '../../support/product/api-proxy.ts';
import { conditionOf, isRunning, resultsOf, verdictOf } from '../../support/product/runs.ts';
import type { RunStatus } from '../../support/product/runs.ts';
import { followStatuses } from '../../support/product/status-history.ts';
import type { StatusHistory } from '../../support/product/status-history.ts';
import { useProduct } from './ground.ts';

const CONTROLLER = 'system:serviceaccount:tekton-cache:tekton-cache-controller';

describe('a controller that dies', () => {
  const ground = useProduct();
  before(async () => {
    await ground.space.createClaim('cache');
    await ground.product.controller.stop();
  });
  after(async () => {
    ground.product.controller = await ground.product.startController();
  });

  const create = async (name: string) =>
    await ground.runs.createCustomRun(name, 'CacheFetch', {
      params: { target: `${ground.product.registry}/restart:none`, insecure: 'true' },
      workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
    });
  const writesAbout = async (name: string) => {
    const events = writesBy(await ground.product.cluster.auditLog.read(), CONTROLLER);
    return events.filter((event) => event.namespace === ground.space.name && event.name.startsWith(name));
  };
  /** How the run ended, and that one attempt made one pod. */
  const expectOneOfEach = async (name: string) => {
    const run = await ground.runs.customRun(name);
    expect(verdictOf(run), conditionOf(run).message).to.equal('True Succeeded');
    expect(resultsOf(run)).to.include({ hit: 'false', reason: 'not-found' });
    expect(run.status).to.not.have.property('retriesStatus');
    const made = (await writesAbout(name)).filter(
      ({ resource, verb, code }) => resource === 'pods' && verb === 'create' && code === 201,
    );
    expect(made).to.have.length(1);
  };

  const isPodCreate: Trap['matches'] = ({ method, path }) => method === 'POST' && path.endsWith('/pods');
  /** A pod that waits for a node or an image has its run's status written more than twice. */
  const isStatusOf =
    (name: string, which: 'start' | 'end'): Trap['matches'] =>
    ({ method, path, body }) =>
      method === 'PATCH' && path.endsWith(`/${name}/status`) && (which === 'end') === body.includes('"completionTime"');
  const moments: readonly (readonly [string, (name: string) => Trap])[] = [
    ['before the pod is created', () => ({ moment: 'request', matches: isPodCreate })],
    ['after the pod is created, before the start status', () => ({ moment: 'answer', matches: isPodCreate })],
    [
      'after the start status, while the pod runs',
      (name) => ({ moment: 'answer', matches: isStatusOf(name, 'start') }),
    ],
    [
      'after the pod ended, before the final status',
      (name) => ({ moment: 'request', matches: isStatusOf(name, 'end') }),
    ],
    ['after the final status', (name) => ({ moment: 'answer', matches: isStatusOf(name, 'end') })],
  ];
  moments.forEach(([moment, trapFor], at) => {
    it(`${moment}, leaves nothing that its successor does not finish`, async () => {
      const name = `killed-${at}`;
      const { product, runs } = ground;
      const proxy = await startApiProxy(product.cluster.kubeconfigOf('cacheController'), trapFor(name));
      const first = await product.startController(proxy.kubeconfig);
      await create(name);
      await proxy.caught;
      await first.stop('SIGKILL');
      await proxy.stop();
      const before = moment === 'after the final status' ? await runs.customRun(name) : undefined;
      const second = await product.startController();
      await expectOneOfEach(name);
      if (before) expect((await runs.customRun(name)).status).to.deep.equal(before.status);
      expect(await second.stop()).to.equal(0);
    });
  });

  it('does not take the time of a run with it', async () => {
    const { product, runs } = ground;
    const first = await product.startController();
    await runs.createCustomRun('late', 'CacheFetch', {
      params: { target: '10.250.0.1:9/nobody:x' },
      workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'absent' } }],
      timeout: '4s',
    });
    await runs.customRun('late', isRunning);
    await first.stop('SIGKILL');
    await runs.customRun('late', ({ status }) => Date.now() > Date.parse(status?.startTime ?? '') + 4000);
    const second = await product.startController();
    expect(verdictOf(await runs.customRun('late'))).to.equal('False CustomRunTimedOut');
    await second.stop();
  });
});

/** How many writes a slow cluster causes is its own affair: each says something new, the first is the start, the last the only end. */
const expectNoIdleWrite = (history: StatusHistory<RunStatus>, name: string, writes: number): void => {
  const statuses = history.of(name);
  expect(writes, `status writes of ${name}: ${JSON.stringify(statuses)}`).to.equal(statuses.length);
  const ended = statuses.map((status) => status.completionTime !== undefined);
  expect(ended).to.deep.equal([...ended.slice(1).map(() => false), true]);
  expect(statuses[0]).to.include.keys('startTime');
};
const CUSTOM_RUNS = { apiVersion: 'tekton.dev/v1beta1', kind: 'CustomRun' };

describe('two controllers at once', () => {
  const ground = useProduct();

  it('make one pod, one Event and one end of each run', async () => {
    const { product, runs, space } = ground;
    await space.createClaim('cache');
    const second = await product.startController();
    const history = await followStatuses<RunStatus>(product.cluster.api, { ...CUSTOM_RUNS, namespace: space.name });
    const names = [0, 1, 2, 3].map((at) => `twice-${at}`);
    for (const name of names) {
      await runs.createCustomRun(name, 'CacheFetch', {
        params: { target: `${product.registry}/twice:none`, insecure: 'true' },
        workspaces: [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }],
      });
    }
    for (const name of names) expect(verdictOf(await runs.customRun(name))).to.equal('True Succeeded');
    await second.stop();
    await history.stop();
    const events = writesBy(await product.cluster.auditLog.read(), CONTROLLER).filter(
      (event) => event.namespace === space.name && event.code < 300,
    );
    const counts = (resource: string) => events.filter((event) => event.resource === resource).length;
    expect(counts('pods'), 'pods').to.equal(4);
    for (const name of names) {
      const writes = events.filter((event) => event.resource === 'customruns/status' && event.name === name);
      expectNoIdleWrite(history, name, writes.length);
    }
    expect(counts('events'), 'Events').to.equal(4);
  });
});

describe('writes of the controller', () => {
  const ground = useProduct();

  it('are for a run that goes well its pod, a status for each thing that is new, and one Event', async () => {
    const { product, runs, space } = ground;
    const history = await followStatuses<RunStatus>(product.cluster.api, { ...CUSTOM_RUNS, namespace: space.name });
    await space.createClaim('cache');
    const workspaces = [{ name: 'modules', persistentVolumeClaim: { claimName: 'cache' } }];
    const params = { target: `${product.registry}/${space.name}/writes:fixed`, insecure: 'true' };
    for (const [name, kind] of [
      ['fetch-miss', 'CacheFetch'],
      ['upload', 'CacheUpload'],
      ['fetch-hit', 'CacheFetch'],
    ] as const) {
      await runs.createCustomRun(name, kind, { params, workspaces });
      expect(verdictOf(await runs.customRun(name))).to.equal('True Succeeded');
    }
    // The Event of the last run comes after its end.
    await runs.createCustomRun('last', 'CacheFetch', { params: {} });
    await runs.customRun('last');
    await history.stop();
    const events = writesBy(await product.cluster.auditLog.read(), CONTROLLER);
    for (const name of ['fetch-miss', 'upload', 'fetch-hit']) {
      const writes = events.filter((event) => event.namespace === space.name && event.name.startsWith(name));
      const statuses = writes.filter(({ resource }) => resource === 'customruns/status');
      expect(writes.map(({ verb, resource }) => `${verb} ${resource}`)).to.deep.equal([
        'create pods',
        ...statuses.map(() => 'patch customruns/status'),
        'create events',
      ]);
      expectNoIdleWrite(history, name, statuses.length);
    }
  });
});

import { expect } from 'chai';

import { startSilentRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import type { StandIn } from '../../support/product/registry/registry-stand-ins.ts';
import {
  conditionOf,
  GROUP_VERSION,
  isDone,
  isRunning,
  paramsOf,
  resultsOf,
  verdictOf,
} from '../../support/product/runs.ts';
import type { Run } from '../../support/product/runs.ts';
import { together } from '../../support/product/together.ts';
import { useProduct } from './ground.ts';

/** As config/300-run.yaml of Tekton 0.46 has it. */
const RUN_CRD = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'runs.tekton.dev' },
  spec: {
    group: 'tekton.dev',
    scope: 'Namespaced',
    names: { kind: 'Run', plural: 'runs', singular: 'run', categories: ['tekton', 'tekton-pipelines'] },
    versions: [
      {
        name: 'v1alpha1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
        subresources: { status: {} },
      },
    ],
  },
};
const RUN = { apiVersion: 'tekton.dev/v1alpha1', kind: 'Run' } as const;

describe('legacy Runs, where the API server serves them', () => {
  const ground = useProduct();
  let silent: StandIn;

  before(async () => {
    const { product, space } = ground;
    silent = await startSilentRegistry();
    await space.createClaim('cache');
    await product.cluster.api.create(RUN_CRD);
    const crd = { apiVersion: RUN_CRD.apiVersion, kind: RUN_CRD.kind, name: RUN_CRD.metadata.name };
    const isEstablished = ({ status }: Run) =>
      status?.conditions?.some((condition) => condition.type === 'Established' && condition.status === 'True') ?? false;
    await product.cluster.api.waitFor<Run>(crd, isEstablished);
    // Whether Runs are served is looked at once, at the start.
    await product.controller.stop();
    product.controller = await product.startController();
  });
  after(async () => {
    const { product } = ground;
    silent?.stop();
    if (!product) return;
    await product.controller.stop();
    await product.cluster.api.delete({
      apiVersion: RUN_CRD.apiVersion,
      kind: RUN_CRD.kind,
      name: RUN_CRD.metadata.name,
    });
    product.controller = await product.startController();
  });

  const create = async (name: string, target: string, spec: object = {}) =>
    await ground.product.cluster.api.create({
      ...RUN,
      metadata: { name, namespace: ground.space.name },
      spec: {
        ref: { apiVersion: GROUP_VERSION, kind: 'CacheFetch' },
        params: paramsOf({ target }),
        workspaces: [{ name: 'w', persistentVolumeClaim: { claimName: 'cache' } }],
        ...spec,
      },
    });
  const named = (name: string) => ({ ...RUN, name, namespace: ground.space.name });
  const wait = async (name: string, when: (run: Run) => boolean = isDone) =>
    await ground.product.cluster.api.waitFor<Run>(named(name), when, 60_000);
  const silentTarget = () => `10.250.0.1:${silent.port}/cache:x`;

  together({
    'succeed with every result': async () => {
      await create('good', '10.250.0.1:1/cache:x');
      const run = await wait('good');
      expect(verdictOf(run), conditionOf(run).message).to.equal('True Succeeded');
      expect(resultsOf(run)).to.include({ hit: 'false', 'w-hit': 'false' });
    },
    "are cancelled with Tekton's old word": async () => {
      await create('cancelled', silentTarget());
      await wait('cancelled', isRunning);
      await ground.product.cluster.api.patch(named('cancelled'), { spec: { status: 'RunCancelled' } });
      expect(verdictOf(await wait('cancelled'))).to.equal('False RunCancelled');
      await ground.runs.noPods('cancelled');
    },
    'are tried again': async () => {
      await create('retried', silentTarget(), { timeout: '4s', retries: 1 });
      const run = await wait('retried');
      expect(verdictOf(run)).to.equal('False RunTimedOut');
      expect(run.status?.retriesStatus).to.have.length(1);
    },
  });
});

import { expect } from 'chai';

import { setFeatureFlags } from '../../support/cluster/tekton/feature-flags.ts';
import type { KubeObject } from '../../support/kube/kube-api.ts';
import { cacheStep, endOf, shellStep, stepResults } from '../../support/product/task-runs.ts';
import { together } from '../../support/product/together.ts';
import { useStepActions } from './ground.ts';
import type { StepGround } from './ground.ts';

interface Pod extends KubeObject {
  readonly spec: {
    readonly securityContext?: { readonly runAsUser?: number };
    readonly containers: readonly { readonly name: string; readonly securityContext?: object }[];
  };
}

const DONE_IN_TURN = 'not-found pushed exact unchanged';

/** Twice: a cold run that uploads, and a warm one that finds it; the build sees who owns what was restored. */
async function coldAndWarm(
  { ground, run, target }: StepGround,
  name: string,
  { spec, task }: { readonly spec: object; readonly task?: object },
): Promise<{ readonly reasons: string; readonly owner: string; readonly pod: string }> {
  const params = { target: target(name), caches: 'deps=$(workspaces.deps.path)', insecure: 'true' };
  const steps = [
    cacheStep('get', 'cache-fetch', params),
    shellStep(
      'build',
      'cd $(workspaces.deps.path); [ -f dep ] || echo kept > dep; echo >> dep.log; rm dep.log; stat -c %u dep | tr -d "\\n" > $(results.owner.path)',
    ),
    cacheStep('put', 'cache-upload', params),
  ];
  const reasons: string[] = [];
  let owner = '';
  let pod = '';
  for (const state of ['cold', 'warm']) {
    const done = await run(`${name}-${state}`, steps, { spec, task: { ...task, results: [{ name: 'owner' }] } });
    expect(endOf(done)).to.equal('True Succeeded');
    pod = done.status?.podName ?? '';
    for (const step of ['get', 'put']) {
      const { reason = '' } = stepResults(done, step);
      const log = async () => await ground.product.cluster.api.podLog(ground.space.name, pod, `step-${step}`);
      if (reason === 'unreachable') throw new Error(`${name}, ${state}: ${await log()}`);
      reasons.push(reason);
    }
    owner = done.status?.results?.[0]?.value ?? '';
  }
  return { reasons: reasons.join(' '), owner, pod };
}

describe('the StepActions work as', () => {
  const steps = useStepActions();

  together({
    root: async () => {
      const { reasons, owner } = await coldAndWarm(steps, 'root', {
        spec: { podTemplate: { securityContext: { runAsUser: 0 } } },
      });
      expect([reasons, owner]).to.deep.equal([DONE_IN_TURN, '0']);
    },
    'user 1234 of the podTemplate': async () => {
      const securityContext = { runAsUser: 1234, runAsGroup: 1234, fsGroup: 1234 };
      const { reasons, owner } = await coldAndWarm(steps, 'user', { spec: { podTemplate: { securityContext } } });
      expect([reasons, owner]).to.deep.equal([DONE_IN_TURN, '1234']);
    },
    'user 1234 without a group, a name or a home': async () => {
      const securityContext = { runAsUser: 1234 };
      const { reasons, owner } = await coldAndWarm(steps, 'nameless', { spec: { podTemplate: { securityContext } } });
      expect([reasons, owner]).to.deep.equal([DONE_IN_TURN, '1234']);
    },
  });
});

describe('the StepActions in a namespace with PodSecurity restricted, on a read-only root,', () => {
  const steps = useStepActions({ labels: { 'pod-security.kubernetes.io/enforce': 'restricted' } });
  let restore: () => Promise<void>;
  before(async () => {
    // What Tekton adds to pods has to be allowed there, too.
    restore = await setFeatureFlags(steps.ground.product.cluster.api, {
      'set-security-context': 'true',
      'set-security-context-read-only-root-filesystem': 'true',
    });
  });
  after(async () => await restore?.());

  it('work as in any other', async () => {
    const securityContext = { runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532, runAsNonRoot: true };
    const spec = { podTemplate: { securityContext } };
    const restricted = {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
      seccompProfile: { type: 'RuntimeDefault' },
    };
    const task = { stepTemplate: { securityContext: restricted } };
    const { reasons, owner, pod } = await coldAndWarm(steps, 'restricted', { spec, task });
    expect([reasons, owner]).to.deep.equal([DONE_IN_TURN, '65532']);
    const { ground } = steps;
    const { spec: made } = await ground.product.cluster.api.get<Pod>({
      apiVersion: 'v1',
      kind: 'Pod',
      name: pod,
      namespace: ground.space.name,
    });
    const ours = made.containers.filter(({ name }) => ['step-get', 'step-put'].includes(name));
    expect(ours).to.have.length(2);
    for (const container of ours) expect(container.securityContext).to.deep.include(restricted);
  });
});

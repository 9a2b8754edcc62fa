import { expect } from 'chai';
import { hasOldestTekton } from '../../support/cluster/state.ts';

import { cacheStep, endOf, shellStep, stepResults } from '../../support/product/task-runs.ts';
import type { Scenario } from '../../support/product/together.ts';
import type { StepGround } from './ground.ts';

export const memory = ({ run, target }: StepGround): Readonly<Record<string, Scenario>> => {
  const build = async (name: string, limit: string, script: string) => {
    const params = { target: target('memory'), caches: 'deps=$(workspaces.deps.path)', insecure: 'true' };
    const steps = [
      cacheStep('get', 'cache-fetch', params),
      shellStep('build', `cd $(workspaces.deps.path); ${script}`),
      cacheStep('put', 'cache-upload', params),
    ];
    const computeResources = { requests: { memory: limit }, limits: { memory: limit } };
    const stepSpecs = ['get', 'put'].map((step) => ({ name: step, computeResources }));
    return await run(name, steps, { spec: { stepSpecs } });
  };

  return {
    'have memory enough with 256 MiB for entries that are larger': async () => {
      const cold = await build(
        'large-cold',
        '256Mi',
        'head -c 100000000 /dev/urandom > large; for i in $(seq 500); do echo $i > $i; done',
      );
      expect(endOf(cold)).to.equal('True Succeeded');
      expect(stepResults(cold, 'put')).to.include({ reason: 'pushed' });
      const warm = await build('large-warm', '256Mi', '[ $(ls | wc -l) = 501 ]');
      expect(endOf(warm)).to.equal('True Succeeded');
      expect(stepResults(warm, 'get')).to.include({ hit: 'true' });
    },
    // Tekton goes by what the kubelet says of the container, and not by `onError`.
    'end a TaskRun where there is far too little memory, as any step does': async () =>
      void expect(endOf(await build('starved', '10Mi', 'true'))).to.equal(
        (await hasOldestTekton())
          ? 'False Failed: "step-get" exited with code 137'
          : 'False StepOOM: "step-get" exited with code 137: OOMKilled',
      ),
  };
};

import { expect } from 'chai';

import { startSilentRegistry } from '../../support/product/registry/registry-stand-ins.ts';
import { cacheStep, endOf, shellStep, stepResults } from '../../support/product/task-runs.ts';
import type { Scenario } from '../../support/product/together.ts';
import type { StepGround } from './ground.ts';

/** Of the whole Task, with its pod and its build. */
const TIMEOUT = '1m';

export const outages = ({ run }: StepGround): Readonly<Record<string, Scenario>> => {
  /** Two caches in repositories of their own and a fallback, so that there is much to wait for. */
  const build = async (name: string, registry: string) => {
    const params = {
      target: `${registry}/cache/{{workspace}}:fixed`,
      caches: 'deps=$(workspaces.deps.path)\nsource=$(workspaces.source.path)',
      insecure: 'true',
    };
    const steps = [
      cacheStep('get', 'cache-fetch', { ...params, fallbacks: `${registry}/other/{{workspace}}:main` }),
      shellStep('build', 'echo built > $(workspaces.deps.path)/dep'),
      cacheStep('put', 'cache-upload', params),
    ];
    const done = await run(name, steps, { spec: { timeout: TIMEOUT } });
    expect(endOf(done)).to.equal('True Succeeded');
    expect(stepResults(done, 'get')).to.include({ hit: 'false', match: 'miss', reason: 'unreachable' });
    expect(stepResults(done, 'put')).to.include({ uploaded: 'false', reason: 'unreachable' });
    expect(done.status?.steps?.map(({ terminated }) => terminated?.exitCode)).to.deep.equal([0, 0, 0]);
  };

  const silence = async (): Promise<void> => {
    const silent = await startSilentRegistry();
    try {
      await build('silent', `10.250.0.1:${silent.port}`);
    } finally {
      silent.stop();
    }
  };

  return {
    'fail no Task in an outage of the registry: one that takes connections and says nothing, within a Task of a minute':
      silence,
    // An address of documentation: packets go out and nothing comes back.
    'fail no Task in an outage of the registry: one that swallows packets, within a Task of a minute': async () =>
      await build('swallowed', '192.0.2.1:5000'),
    'fail no Task in an outage of the registry: one that is not there': async () =>
      await build('refused', '10.250.0.1:9'),
    'fail no Task in an outage of the registry: one whose name is unknown': async () =>
      await build('nameless', 'registry.invalid'),
  };
};

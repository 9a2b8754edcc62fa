import { expect } from 'chai';
import { readOptions } from '../../../../../shared/rewrite/ask/resolver-params.ts';
import { planPreset } from '../../../../../shared/rewrite/plan/presets/preset-plan.ts';
import { writePlan } from '../../../../../shared/rewrite/plan/plan.ts';
import { readPlan } from '../../../../../shared/rewrite/plan/read-plan.ts';
import type { Json } from '../../../../../shared/rewrite/json/json.ts';

describe('the plan of a Task with the caches of presets', () => {
  const planned = (preset: string, env: Json) =>
    planPreset({
      options: readOptions('cache', { preset, target: 'r.example.com/c' }),
      run: {
        apiVersion: 'tekton.dev/v1',
        kind: 'PipelineRun',
        metadata: { namespace: 'ns' },
        spec: {
          taskRunTemplate: { podTemplate: { env } },
          taskRunSpecs: [{ pipelineTaskName: 'build', podTemplate: { env: [{ name: 'GOMODCACHE', value: '/x' }] } }],
        },
      },
      settings: { image: 'helper', resources: {} },
      task: 'build',
      preset: { names: preset, named: true, sourcesWithin: false },
      source: 'source',
      timeoutMs: Number.POSITIVE_INFINITY,
    });

  it('has the variables that the podTemplates set to something else, which no step can set', () => {
    const ours = '/tekton/home/.caches/go-build/build';
    expect(planned('go', [{ name: 'GOCACHE', value: '/x' }]).preset?.byPod).to.deep.equal(['GOMODCACHE', 'GOCACHE']);
    expect(planned('go', [{ name: 'GOCACHE', value: ours }]).preset?.byPod).to.deep.equal(['GOMODCACHE']);
    expect(planned('npm', [{ name: 'NPM_CONFIG_CACHE', value: '/x' }]).preset?.byPod).to.deep.equal([
      'npm_config_cache',
    ]);
    expect(planned('npm', [{ name: 'OTHER', value: '/x' }]).preset).not.to.have.property('byPod');
  });

  it('comes back as it was written', () => {
    const plan = planned('go', [{ name: 'GOCACHE', value: '/x' }]);
    expect(readPlan(writePlan(plan))).to.deep.equal(plan);
    expect(() => readPlan({ ...JSON.parse(writePlan(plan)), preset: { ...plan.preset, byPod: [1] } })).to.throw(
      '`plan`',
    );
  });
});

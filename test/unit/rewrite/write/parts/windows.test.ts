import { expect } from 'chai';
import { podSystem } from '../../../../../shared/rewrite/plan/identity/pod-template.ts';
import type { TaskPlan } from '../../../../../shared/rewrite/plan/plan.ts';
import type { Run, RunSpec, TaskSpec } from '../../../../../shared/rewrite/tekton/tekton.ts';
import { writeTask } from '../../../../../shared/rewrite/write/preset-task.ts';

const STEP = { options: { target: 'r/x', preset: 'nuget' }, strict: false };
const WINDOWS = { nodeSelector: { 'kubernetes.io/os': 'windows' } };
const SPEC: TaskSpec = { workspaces: [{ name: 'w' }], steps: [{ name: 'build', image: 'i', script: 'dotnet build' }] };

describe('a Task on Windows, where the helper image does not run', () => {
  const cached = { version: 1, source: 'w', fetch: STEP, upload: STEP, hashFromFetch: false } as const;
  const plans: Record<string, TaskPlan> = {
    'a preset': {
      ...cached,
      caches: [{ name: 'caches', workspace: '/tekton/home/.caches', fetch: {}, upload: {} }],
      preset: { names: 'nuget', named: true, sourcesWithin: false },
    },
    workspaces: { ...cached, caches: [{ name: 'w', workspace: 'w', fetch: {}, upload: {} }] },
  };
  const write = (spec: TaskSpec, plan: TaskPlan) =>
    writeTask({ spec, metadata: { name: 't' }, plan, settings: { image: 'helper', resources: {} } });

  for (const [name, plan] of Object.entries(plans)) {
    it(`is left alone, with ${name}, by the first line of a script or by the nodes that the run asks for`, () => {
      const script = '#!win powershell.exe -File\ndotnet build';
      const own = { ...SPEC, steps: [{ name: 'build', image: 'i', script }] };
      for (const [spec, asked] of [
        [own, plan],
        [SPEC, { ...plan, system: 'windows' }],
      ] as const) {
        const written = write(spec, asked);
        expect(written.spec).to.deep.equal(spec);
        expect(written.metadata.annotations?.['cache.tekton.dev/note']).to.contain('runs on Windows');
      }
      expect(write(SPEC, plan).spec.steps).to.have.length(3);
    });
  }

  it('is refused where the run is not to go on without the content', () => {
    const plan: TaskPlan = { ...cached, system: 'windows', fetch: { ...STEP, strict: true }, caches: [] };
    expect(() => write(SPEC, plan)).to.throw('runs on Windows');
  });

  it('is told by the podTemplate of the task, else of the run', () => {
    const run = (kind: Run['kind'], spec: RunSpec): Run => ({ apiVersion: 'tekton.dev/v1', kind, metadata: {}, spec });
    const own = (podTemplate: object) => ({ pipelineTaskName: 'build', podTemplate: { ...podTemplate } });
    const linux = { nodeSelector: { 'kubernetes.io/os': 'linux' } };
    const is = { system: 'windows' };
    const whole = { taskRunTemplate: { podTemplate: WINDOWS } };
    expect(podSystem(run('PipelineRun', whole), 'build')).to.deep.equal(is);
    expect(podSystem(run('TaskRun', { podTemplate: WINDOWS }), 'build')).to.deep.equal(is);
    expect(podSystem(run('PipelineRun', { taskRunSpecs: [own(WINDOWS)] }), 'build')).to.deep.equal(is);
    expect(podSystem(run('PipelineRun', { taskRunSpecs: [own(WINDOWS)] }), 'test')).to.deep.equal({});
    expect(podSystem(run('PipelineRun', { ...whole, taskRunSpecs: [own(linux)] }), 'build')).to.deep.equal({});
  });
});

import { expect } from 'chai';
import type { TaskPlan } from '../../../../../shared/rewrite/plan/plan.ts';
import type { TaskSpec } from '../../../../../shared/rewrite/tekton/tekton.ts';
import { HELPER_PROGRAM } from '../../../../../shared/rewrite/write/step.ts';
import { writeTask } from '../../../../../shared/rewrite/write/preset-task.ts';

const STEPS = [{ name: 'build', image: 'i', script: 'make' }];
const ISOLATED = [...STEPS, { name: 'test', image: 'i', workspaces: [{ name: 'other' }] }];

/** Tasks with a mount at a path: a workspace for all steps, a volume for all steps, the sources in a volume of one step. */
const WAYS: Record<string, (mountPath: string) => { readonly spec: TaskSpec; readonly source?: string }> = {
  'a workspace': (mountPath) => ({
    spec: { workspaces: [{ name: 'w' }, { name: 'sources', mountPath }], steps: STEPS },
  }),
  'the stepTemplate': (mountPath) => ({
    spec: { workspaces: [{ name: 'w' }], stepTemplate: { volumeMounts: [{ name: 'v', mountPath }] }, steps: STEPS },
  }),
  'a volume with the sources': (mountPath) => ({
    spec: { workspaces: [{ name: 'w' }], steps: [{ ...STEPS[0], volumeMounts: [{ name: 'v', mountPath }] }] },
    source: `${mountPath.replace(/\/$/, '')}/src`,
  }),
};

describe('a Task that mounts something over the program of our steps', () => {
  const step = { options: { target: 'r/x', files: ['go.sum'] }, strict: false };
  const write = (spec: TaskSpec, source?: string, strict = false) => {
    const plan: TaskPlan = {
      version: 1,
      caches: [{ name: 'w', workspace: 'w', fetch: {}, upload: {} }],
      ...(source === undefined ? {} : { source }),
      fetch: { ...step, strict },
      upload: { ...step, strict },
      hashFromFetch: false,
    };
    return writeTask({ spec, metadata: { name: 't' }, plan, settings: { image: 'helper', resources: {} } });
  };

  for (const [name, way] of Object.entries(WAYS)) {
    it(`is left alone, with a sentence: by ${name}`, () => {
      for (const path of ['/app', '/app/', '/app/shared', '/app/node_modules', '/usr/local', '/usr/bin/']) {
        const { spec, source } = way(path);
        const written = write(spec, source);
        expect(written.spec, path).to.deep.equal(spec);
        expect(written.metadata.annotations?.['cache.tekton.dev/note']).to.contain(
          `mounts ${path.replace(/\/$/, '')} `,
        );
        expect(() => write(spec, source, true)).to.throw(`mounts ${path.replace(/\/$/, '')} `);
      }
    });

    it(`gets its steps where what is mounted is beside the program: by ${name}`, () => {
      for (const path of ['/application', '/app/src', '/usr/src/app', '/usr/local/cargo', '/lib/modules']) {
        const { spec, source } = way(path);
        expect(write(spec, source).spec.steps, path).to.have.length((spec.steps ?? []).length + 2);
      }
    });
  }

  it('gets them where our steps do not have the mount', () => {
    const isolated = { workspaces: [{ name: 'w' }, { name: 'other', mountPath: '/app' }], steps: ISOLATED };
    expect(write(isolated).spec.steps).to.have.length(4);
    const own = { ...STEPS[0], volumeMounts: [{ name: 'v', mountPath: '/app' }] };
    expect(write({ workspaces: [{ name: 'w' }], steps: [own] }).spec.steps).to.have.length(3);
  });

  it('is told by the place of the program', () => {
    expect(HELPER_PROGRAM).to.match(/^\/app\/shared\//);
  });
});

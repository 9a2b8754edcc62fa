import { expect } from 'chai';
import type { TaskPlan } from '../../../../shared/rewrite/plan/plan.ts';
import { writeTask } from '../../../../shared/rewrite/write/preset-task.ts';
import type { TaskSpec } from '../../../../shared/rewrite/tekton/tekton.ts';

const PLAN: TaskPlan = {
  version: 1,
  caches: [{ name: 'caches', workspace: '/tekton/home/.caches', fetch: {}, upload: {} }],
  source: 'source',
  fetch: { options: { target: 'r/x', preset: 'go' }, strict: false },
  upload: { options: { target: 'r/x', preset: 'go' }, strict: false },
  hashFromFetch: false,
  preset: { names: 'go', named: true, sourcesWithin: false },
};
const SPEC: TaskSpec = {
  workspaces: [{ name: 'source' }],
  steps: [{ name: 'build', image: 'go', script: 'go build' }],
};
const RESTRICTED = { image: 'helper', resources: {}, requiredContext: { runAsNonRoot: true } };

describe('a Task that gets the caches of a preset', () => {
  const namesOf = (spec: TaskSpec): unknown[] => (spec.steps ?? []).map(({ name }) => name);
  const note = ({ metadata }: ReturnType<typeof writeTask>): string =>
    metadata.annotations?.['cache.tekton.dev/note'] ?? '';

  it('has in its key what each step runs in: its image, that of the stepTemplate, or the StepAction', () => {
    const imageOf = (spec: TaskSpec): unknown => {
      const written = writeTask({ spec, metadata: {}, plan: PLAN, settings: { image: 'helper', resources: {} } });
      const [fetch] = written.spec.steps ?? [];
      const args = fetch?.['args'];
      return Array.isArray(args) && args.includes('--image') ? args[args.indexOf('--image') + 1] : undefined;
    };
    const script = 'go build';
    const stepTemplate = { image: 'go:1' };
    const params = [
      { name: 'list', value: ['$(params.all[*])'] },
      { name: 'bundle', value: 'r/b@sha256:00' },
    ];
    expect(imageOf({ steps: [{ script }], stepTemplate })).to.equal('go:1');
    expect(imageOf({ steps: [{ image: '', script }], stepTemplate })).to.equal('go:1');
    expect(imageOf({ steps: [{ script }, { image: 'go:2', script }], stepTemplate })).to.equal('(go:1 go:2)');
    expect(imageOf({ steps: [{ image: 'go:2', script }], stepTemplate })).to.equal('go:2');
    expect(imageOf({ steps: [{ ref: { name: 'go-build' } }], stepTemplate })).to.equal('(StepAction go-build)');
    expect(imageOf({ steps: [{ ref: { resolver: 'bundles', params } }] })).to.equal(
      '(StepAction bundles r/b@sha256:00)',
    );
    expect(imageOf({ steps: [{ ref: {} }] })).to.equal(undefined);
  });

  it('is left alone in a restricted namespace, where only the image says who writes beside what is restored', () => {
    const left = writeTask({ spec: SPEC, metadata: {}, plan: PLAN, settings: RESTRICTED });
    expect(left.spec).to.deep.equal(SPEC);
    expect(note(left)).to.contain('`runAsUser`');
  });

  it('is left alone where it must not be root, and only the image says who it is', () => {
    const context = { securityContext: { runAsNonRoot: true } };
    const settings = { image: 'helper', resources: {} };
    const steps = SPEC.steps?.map((step) => ({ ...step, ...context })) ?? [];
    for (const [spec, plan] of [
      [SPEC, { ...PLAN, user: 'non-root' }],
      [{ ...SPEC, steps }, PLAN],
      [{ ...SPEC, stepTemplate: context }, PLAN],
    ] as const) {
      const left = writeTask({ spec, metadata: {}, plan, settings });
      expect(left.spec).to.deep.equal(spec);
      expect(note(left)).to.contain('must not be root').and.contain('`runAsUser`');
      const known = writeTask({ spec, metadata: {}, plan: { ...plan, user: 'given' }, settings });
      expect(namesOf(known.spec)).to.deep.equal(['cache-fetch', 'build', 'cache-upload']);
    }
  });

  it('is left alone where steps are two users, of whom neither could change what a tool keeps for the other', () => {
    const as = (...users: readonly number[]): TaskSpec => ({
      ...SPEC,
      steps: users.map((runAsUser, at) => ({ name: `s${at}`, image: 'go', securityContext: { runAsUser } })),
    });
    const settings = { image: 'helper', resources: {} };
    const left = writeTask({ spec: as(1000, 1001), metadata: {}, plan: PLAN, settings });
    expect(left.spec).to.deep.equal(as(1000, 1001));
    expect(note(left)).to.contain('users 1000 and 1001').and.contain('one `runAsUser`');
    for (const spec of [as(1000, 1000), as(0, 1000)]) {
      const written = writeTask({ spec, metadata: {}, plan: PLAN, settings });
      expect(namesOf(written.spec)).to.deep.equal(['cache-fetch', 's0', 's1', 'cache-upload']);
    }
    // A step that brings the sources uses no cache.
    const clone = { spec: as(65532, 1000), metadata: {}, settings };
    const after = writeTask({ ...clone, plan: { ...PLAN, fetchAfter: 's0' } });
    expect(namesOf(after.spec)).to.deep.equal(['s0', 'cache-fetch', 's1', 'cache-upload']);
    const unnamed = writeTask({ ...clone, plan: PLAN });
    expect(note(unnamed)).to.contain('`fetch-after`');
  });

  it('is left alone where a workspace is mounted over the place of the caches, which may be a Secret', () => {
    const [build] = SPEC.steps ?? [];
    const home = { name: 'home', mountPath: '/tekton/home', optional: true };
    const below = { name: 'home', mountPath: '/tekton/home/.docker' };
    const named = { ...build, workspaces: [{ name: 'home', mountPath: '/tekton/home/' }] };
    const source = { name: 'source' };
    const noteFor = (spec: TaskSpec): string =>
      note(writeTask({ spec, metadata: {}, plan: PLAN, settings: { image: 'helper', resources: {} } }));
    expect(noteFor({ ...SPEC, workspaces: [source, home] })).to.contain('over /tekton/home/.caches');
    expect(noteFor({ ...SPEC, workspaces: [source, below], steps: [named] })).to.contain('over /tekton/home/.caches');
    expect(noteFor({ ...SPEC, workspaces: [source, below] })).to.equal('');
  });

  it('has them there where the podTemplate, the Task or a step says who it is', () => {
    const steps = SPEC.steps?.map((step) => ({ ...step, securityContext: { runAsUser: 1001 } })) ?? [];
    const template = { securityContext: { runAsUser: 1001 } };
    const given = { ...PLAN, user: 'given' } as const;
    for (const [spec, plan] of [
      [SPEC, given],
      [{ ...SPEC, steps }, PLAN],
      [{ ...SPEC, stepTemplate: template }, PLAN],
    ] as const) {
      const written = writeTask({ spec, metadata: {}, plan, settings: RESTRICTED });
      expect(namesOf(written.spec)).to.deep.equal(['cache-fetch', 'build', 'cache-upload']);
      expect(note(written)).to.equal('');
    }
  });

  it('keeps a variable that comes from elsewhere, and says so', () => {
    const env = [{ name: 'GOCACHE', valueFrom: { configMapKeyRef: { name: 'c', key: 'k' } } }];
    const steps = [{ name: 'build', image: 'go', env }];
    const { spec } = writeTask({
      spec: { ...SPEC, steps },
      metadata: {},
      plan: PLAN,
      settings: { image: 'helper', resources: {} },
    });
    expect(spec.steps?.[1]?.['env']).to.deep.equal(env);
    expect(JSON.stringify(spec.steps?.[0]?.['args'])).to.contain('Step `build` sets GOCACHE itself');
  });

  it('is fetched for behind a first step without a name, which the API server stores as the empty one', () => {
    const plan = { ...PLAN, preset: { names: 'go', named: true, sourcesWithin: true } };
    for (const unnamed of [{}, { name: '' }]) {
      const env = [{ name: 'GOCACHE', value: '/own' }];
      const steps = [
        { ...unnamed, image: 'git', env },
        { ...unnamed, image: 'go' },
      ];
      const { spec } = writeTask({
        spec: { ...SPEC, steps },
        metadata: {},
        plan,
        settings: { image: 'h', resources: {} },
      });
      expect(namesOf(spec).slice(1)).to.deep.equal(['cache-fetch', 'unnamed-1', 'cache-upload']);
      expect(JSON.stringify(spec.steps?.[1]?.['args'])).to.contain('Step `unnamed-0` sets GOCACHE itself');
    }
  });

  it('keeps the default of a param that something else goes by, however that is spelled', () => {
    const params = [{ name: 'GOCACHE', default: '' }];
    const env = [{ name: 'GOCACHE', value: '$(params.GOCACHE)' }];
    for (const use of ['$(params.GOCACHE)', "$(params['GOCACHE'])", '$(params["GOCACHE"])']) {
      const steps = [{ name: 'build', image: 'go', env, script: `[ -z '${use}' ] || echo given` }];
      const { spec } = writeTask({
        spec: { ...SPEC, params, steps },
        metadata: {},
        plan: PLAN,
        settings: { image: 'h', resources: {} },
      });
      expect(spec['params'], use).to.deep.equal(params);
    }
  });

  it('is as it was where its author wants none', () => {
    const metadata = { annotations: { 'cache.tekton.dev/skip': 'true' } };
    const { spec } = writeTask({ spec: SPEC, metadata, plan: PLAN, settings: { image: 'helper', resources: {} } });
    expect(spec).to.deep.equal(SPEC);
  });
});

import { expect } from 'chai';
import { resolve } from '../../../../shared/rewrite/resolve.ts';
import { isTask } from '../../../../shared/rewrite/tekton/read/schema.ts';
import { runOf, SETTINGS } from '../../../rewrite/case.ts';
import { OLDER } from '../../../support/older-release/older-release.ts';
import { writePlan } from '../../../../shared/rewrite/plan/plan.ts';
import { readPlan } from '../../../../shared/rewrite/plan/read-plan.ts';
import type { TaskPlan } from '../../../../shared/rewrite/plan/plan.ts';

describe('a plan', () => {
  const plan: TaskPlan = {
    version: 1,
    caches: [{ name: 'w', workspace: 'w', subPath: 'a/$(params.x)', fetch: {} }],
    hashFromFetch: false,
  };

  it('comes back as it was written', () => {
    expect(readPlan(writePlan(plan))).to.deep.equal(plan);
  });

  it('holds no variable: Tekton would put the value into the middle of its JSON', () => {
    expect(writePlan(plan)).not.to.include('$(');
  });

  const rows: readonly (readonly [string, object, string])[] = [
    ['a field that came later', { sign: true }, 'it has `plan.sign`'],
    [
      'a field of a cache that came later',
      { caches: [{ name: 'w', workspace: 'w', turn: 1 }] },
      'it has `plan.caches.turn`',
    ],
    [
      'a field of a transfer that came later',
      { caches: [{ name: 'w', workspace: 'w', upload: { sign: 1 } }] },
      'it has `plan.caches.upload.sign`',
    ],
    ['a word that came later', { user: 'owner' }, '`plan.user` is "owner"'],
    ['a field that was not yet', { hashFromFetch: undefined }, 'it lacks `plan.hashFromFetch`'],
    ['another number', { version: 2 }, '`plan.version` is 2'],
    ['a text that became a list', { source: ['a'] }, '`plan.source` is of another type'],
    ['a list that became an object', { caches: { name: 'w', workspace: 'w' } }, '`plan.caches` is of another type'],
    ['a list of lists', { caches: [[]] }, '`plan.caches` is no object'],
    [
      'a transfer that became a list',
      { caches: [{ name: 'w', workspace: 'w', fetch: [] }] },
      '`plan.caches.fetch` is of another type',
    ],
    [
      'a list with something else in it',
      { caches: [{ name: 'w', workspace: 'w', paths: [1] }] },
      '`plan.caches.paths` is of another type',
    ],
    [
      'a step without its options',
      { fetch: { options: 'a', strict: true } },
      '`plan.fetch.options` is of another type',
    ],
  ];
  for (const [what, more, said] of rows) {
    it(`is refused where another release has written it: ${what}`, () => {
      expect(() => readPlan(JSON.stringify({ ...plan, ...more }))).to.throw(`${said}. Start the run again`);
    });
  }

  it('is refused where it is none', () => {
    for (const none of ['', '{', '[]', '3', 3, null, {}]) expect(() => readPlan(none)).to.throw('`plan`');
  });

  it('of an older release puts the steps into the Task that it has meant', () => {
    const { resolver, params } = OLDER.taskRef;
    const document = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 'compile' },
      spec: { workspaces: [{ name: 'sources' }], steps: [{ name: 'compile', image: 'go', script: 'go build' }] },
    };
    const run = runOf({
      about: '',
      resolver,
      params: {},
      run: { kind: 'TaskRun', workspaces: [{ name: 'sources', emptyDir: {} }] },
    });
    const asked = { resolver, params: Object.fromEntries(params.map(({ name, value }) => [name, value])) };
    const task = resolve({ ...asked, run, document, settings: SETTINGS });
    const steps = isTask(task) ? (task.spec.steps ?? []) : [];
    const targets = steps.map((step) => {
      const args = Array.isArray(step['args']) ? step['args'] : [];
      return args[args.indexOf('--target') + 1];
    });
    expect(targets).to.deep.equal([
      'registry.example/cache:x-6a1e2d54-8a8e-4e0f-9d86-3d1a5d3f8b12-one-w',
      undefined,
      'registry.example/cache:{{workspace}}',
    ]);
  });
});

/** Pipelines as people write them: branches and joins, matrices, guards, `finally`, subPaths, Tasks by name and embedded ones. */
import * as fc from 'fast-check';
import type { Json } from '../../shared/rewrite/json/json.ts';
import { isPipeline } from '../../shared/rewrite/tekton/read/schema.ts';
import type { Pipeline } from '../../shared/rewrite/tekton/tekton.ts';

const TASKS = ['a', 'b', 'c', 'd', 'e'];
const LAST = ['y', 'z'];

const binding = fc.record({ subPath: fc.option(fc.constantFrom('sub', 'sub/below'), { nil: undefined, freq: 3 }) });
const matrix = fc.option(
  fc.oneof(
    fc.record({
      params: fc.tuple(
        fc.record({ name: fc.constant('os'), value: fc.subarray(['linux', 'mac', 'plan9'], { minLength: 1 }) }),
      ),
    }),
    fc.constant({ params: [{ name: 'os', value: '$(params.systems[*])' }] }),
    fc.constant({ include: [{ name: 'one', params: [{ name: 'os', value: 'linux' }] }] }),
  ),
  { nil: undefined, freq: 3 },
);

const when = fc.option(fc.constant([{ input: '$(params.branch)', operator: 'in', values: ['main'] }]), {
  nil: undefined,
  freq: 3,
});
const onError = fc.option(fc.constant('continue'), { nil: undefined, freq: 6 });

const STEPS = [{ name: 's', image: 'busybox', script: 'ls $(workspaces.in.path)' }];
const work = fc.constantFrom(
  { taskRef: { name: 't' } },
  { taskSpec: { params: [{ name: 'os', default: 'any' }], workspaces: [{ name: 'in' }], steps: STEPS } },
);

const task = (name: string, before: readonly string[]) =>
  fc
    .record({ before: fc.subarray([...before]), uses: fc.boolean(), binding, matrix, when, onError, work })
    .map((given) => ({
      name,
      ...(before.length === 0 ? {} : { runAfter: given.before }),
      matrix: given.matrix,
      when: given.when,
      onError: given.onError,
      // An embedded Task declares the workspace, so it has to be bound.
      ...(given.uses || 'taskSpec' in given.work
        ? { workspaces: [{ name: 'in', workspace: 'w', ...given.binding }] }
        : {}),
      ...given.work,
    }));

export const randomPipelines = fc
  .tuple(
    fc.tuple(...TASKS.map((name, at) => task(name, TASKS.slice(0, at)))),
    fc.subarray(LAST).chain((names) => fc.tuple(...names.map((name) => task(name, [])))),
  )
  .map(([tasks, last]): Pipeline => {
    const params = [
      { name: 'systems', type: 'array', default: ['linux', 'mac'] },
      { name: 'branch', default: 'main' },
    ];
    const spec = { params, workspaces: [{ name: 'w' }], tasks, ...(last.length === 0 ? {} : { finally: last }) };
    const document = { apiVersion: 'tekton.dev/v1', kind: 'Pipeline', metadata: { name: 'p' }, spec };
    // What is undefined is not there.
    const plain = JSON.parse(JSON.stringify(document)) as { [name: string]: Json };
    if (!isPipeline(plain)) throw new Error('not a Pipeline');
    return plain;
  });

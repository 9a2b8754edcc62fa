import { expect } from 'chai';
import * as fc from 'fast-check';
import { isCyclic, taskGraph } from '../../../shared/rewrite/tekton/pipeline/graph.ts';
import { withoutNulls } from '../../../shared/rewrite/json/json.ts';
import type { Json } from '../../../shared/rewrite/json/json.ts';
import { resolve } from '../../../shared/rewrite/resolve.ts';
import { isPipeline, isRun, isTask } from '../../../shared/rewrite/tekton/read/schema.ts';
import type { Pipeline, PipelineTask, Run, Step, Task } from '../../../shared/rewrite/tekton/tekton.ts';
import { SETTINGS } from '../../rewrite/case.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e'];
const WORKSPACES = ['w', 'x'];

/** Fields of others, which are to come through as they are. */
const foreign = fc.dictionary(fc.constantFrom('displayName', 'timeout', 'retries', 'onError'), fc.jsonValue(), {
  maxKeys: 2,
});
const step = fc.record({
  name: fc.option(fc.constantFrom('one', 'two'), { nil: undefined }),
  image: fc.string(),
  script: fc.constantFrom('make', 'ls $(workspaces.w.path)'),
});
const steps = fc.uniqueArray(step, { minLength: 1, maxLength: 3, selector: ({ name }) => name ?? {} });

const task = (name: string, before: readonly string[]) =>
  fc.record({
    name: fc.constant(name),
    runAfter: fc.subarray([...before]),
    workspaces: fc.subarray(WORKSPACES).map((names) => names.map((workspace) => ({ name: workspace }))),
    work: fc.oneof(
      fc.record({ taskRef: fc.record({ name: fc.constant('t') }) }),
      fc.record({ taskSpec: fc.record({ workspaces: fc.constant(WORKSPACES.map((w) => ({ name: w }))), steps }) }),
    ),
    foreign,
  });

const pipelines = fc.tuple(...NAMES.map((name, at) => task(name, NAMES.slice(0, at)))).map((tasks): Pipeline => {
  const document = {
    apiVersion: 'tekton.dev/v1',
    kind: 'Pipeline',
    metadata: { name: 'p' },
    spec: {
      workspaces: WORKSPACES.map((name) => ({ name })),
      tasks: tasks.map(({ work, foreign: others, ...rest }) => ({ ...others, ...rest, ...work })),
    },
  };
  const plain = withoutNulls(JSON.parse(JSON.stringify(document)) as { [name: string]: Json });
  if (!isPipeline(plain)) throw new Error('not a Pipeline');
  return plain;
});

function runWith(volume: 'emptyDir' | 'persistentVolumeClaim'): Run {
  const source = (name: string) => (volume === 'emptyDir' ? {} : { claimName: name });
  const document = {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name: 'run', namespace: 'ns', uid: 'uid' },
    spec: { workspaces: WORKSPACES.map((name) => ({ name, [volume]: source(name) })) },
  };
  if (!isRun(document)) throw new Error('not a run');
  return document;
}

function rewrite(document: Pipeline, params: Record<string, Json>, run: Run): Pipeline {
  const { resolver = 'cache', ...others } = params;
  const result = resolve({
    resolver: resolver === 'wrap' ? 'wrap' : 'cache',
    params: { pipelineref: 'p', target: 'r/{{workspace}}:end', ...others },
    run,
    document,
    settings: SETTINGS,
  });
  if (!isPipeline(result)) throw new Error('not a Pipeline');
  return result;
}

const resolvers = fc.constantFrom('cache', 'wrap');
const volumes = fc.constantFrom('emptyDir' as const, 'persistentVolumeClaim' as const);

describe('rewriting any Pipeline', () => {
  it('without workspaces gives the same Pipeline', () => {
    fc.assert(
      fc.property(pipelines, resolvers, volumes, (pipeline, resolver, volume) => {
        expect(rewrite(pipeline, { resolver }, runWith(volume))).to.deep.equal(pipeline);
      }),
    );
  });

  it('leaves every field and every task alone that is not concerned', () => {
    fc.assert(
      fc.property(pipelines, resolvers, volumes, (pipeline, resolver, volume) => {
        const { spec } = rewrite(pipeline, { resolver, workspaces: 'w' }, runWith(volume));
        const { tasks, finally: _, ...rest } = spec;
        const { tasks: before, ...restBefore } = pipeline.spec;
        expect(rest).to.deep.equal(restBefore);
        expect(tasks.map(unconcerned)).to.deep.equal(before.map(unconcerned));
        for (const [at, given] of before.entries()) {
          const concerned = given.workspaces?.some(({ name }) => name === 'w') === true || mentions(given);
          if (!concerned) expect(tasks[at]).to.deep.equal(given);
        }
      }),
    );
  });

  it('keeps the steps of a Task, in order and under the names they had', () => {
    fc.assert(
      fc.property(pipelines, resolvers, volumes, (pipeline, resolver, volume) => {
        const { tasks } = rewrite(pipeline, { resolver, workspaces: WORKSPACES }, runWith(volume)).spec;
        for (const [at, given] of pipeline.spec.tasks.entries()) {
          const own = (tasks[at]?.taskSpec?.steps ?? []).filter(({ image }) => image !== SETTINGS.image);
          const inserted = own.length !== tasks[at]?.taskSpec?.steps?.length;
          expect(own.map(nameless)).to.deep.equal((given.taskSpec?.steps ?? []).map(nameless));
          if (inserted) expect(containerNames(own)).to.deep.equal(containerNames(given.taskSpec?.steps ?? []));
        }
      }),
    );
  });

  it('gives each emptyDir user something to start from but the first, and every end an upload', () => {
    fc.assert(
      fc.property(pipelines, (pipeline) => {
        const { tasks, finally: last = [] } = rewrite(
          pipeline,
          { resolver: 'wrap', workspaces: 'w' },
          runWith('emptyDir'),
        ).spec;
        const text = JSON.stringify([tasks, last]);
        const users = pipeline.spec.tasks.filter(
          (one) => one.workspaces?.some(({ name }) => name === 'w') === true || mentions(one),
        );
        // Each handedOff entry that is read is written by its task.
        for (const [, name = ''] of text.matchAll(/"targets":\["r\/w:x-uid-([a-e])"\]/g)) {
          expect(users.map((user) => user.name)).to.include(name);
        }
        expect(text.includes('r/{{workspace}}:end')).to.equal(users.length > 0);
      }),
    );
  });

  it('makes no cycle of custom tasks', () => {
    const params = { workspaces: WORKSPACES, via: 'customrun' };
    fc.assert(
      fc.property(pipelines, (pipeline) => {
        const { spec } = rewrite(pipeline, params, runWith('persistentVolumeClaim'));
        expect(isCyclic(taskGraph(spec))).to.equal(false);
      }),
      { numRuns: 300 },
    );
  });

  it('is done with a Task whose document it has rewritten: its own steps are not taken for ours', () => {
    fc.assert(
      fc.property(steps, (given) => {
        const document = {
          apiVersion: 'tekton.dev/v1',
          kind: 'Task',
          metadata: {},
          spec: { workspaces: [{ name: 'w' }], steps: given },
        };
        const plain = JSON.parse(JSON.stringify(document)) as { [name: string]: Json };
        const params = { taskref: 't', workspaces: 'w', target: 'r/x' };
        const run = { ...runWith('emptyDir'), kind: 'TaskRun' as const };
        const once = resolve({ resolver: 'cache', params, run, document: plain, settings: SETTINGS });
        const twice = resolve({ resolver: 'cache', params, run, document: once, settings: SETTINGS });
        const names = stepsOf(twice).map(({ name }) => name);
        expect(new Set(names).size).to.equal(given.length + 4);
      }),
    );
  });
});

function stepsOf(document: Pipeline | Task): readonly Step[] {
  return isTask(document) ? (document.spec.steps ?? []) : [];
}

/** A task without what rewriting may change. */
function unconcerned(task: PipelineTask) {
  return { ...task, taskRef: undefined, taskSpec: undefined };
}

function mentions(task: PipelineTask): boolean {
  return JSON.stringify(task.taskSpec ?? {}).includes('$(workspaces.w.');
}

function nameless(step: Step) {
  return { ...step, name: undefined };
}

function containerNames(list: readonly Step[]): string[] {
  return list.map(({ name }, at) => name ?? `unnamed-${at}`);
}

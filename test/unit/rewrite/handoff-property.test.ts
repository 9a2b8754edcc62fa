import { expect } from 'chai';
import * as fc from 'fast-check';
import { isObject } from '../../../shared/rewrite/json/json.ts';
import { readPlan } from '../../../shared/rewrite/plan/read-plan.ts';
import type { Transfer } from '../../../shared/rewrite/plan/plan.ts';
import { taskGraph } from '../../../shared/rewrite/tekton/pipeline/graph.ts';
import { resolve } from '../../../shared/rewrite/resolve.ts';
import { isPipeline } from '../../../shared/rewrite/tekton/read/schema.ts';
import type { Pipeline, PipelineTask } from '../../../shared/rewrite/tekton/tekton.ts';
import { runOf, SETTINGS } from '../../rewrite/case.ts';
import { randomPipelines } from '../../rewrite/random-pipelines.ts';

/** A task comes after a dash, a TaskRun of a matrix after a dot. */
const ENTRY = /^r\/w:x-uid(?=[-.])/;
const RUN = runOf({ about: '', resolver: 'wrap', params: {}, run: { workspaces: [{ name: 'w', emptyDir: {} }] } });
const FINALLY = ['y', 'z', 'wrap-collect', 'cache-collect'];

interface Moved {
  readonly task: string;
  /** Entries of the run, by the tasks that write them. */
  readonly reads: ReadonlySet<string>;
  readonly writes: boolean;
  readonly writesKey: boolean;
}

describe('the handoffs between the tasks of any Pipeline', () => {
  for (const resolver of ['cache', 'wrap'] as const) {
    it(`are written before they are read, and read when they are written (${resolver})`, () => {
      fc.assert(
        fc.property(randomPipelines, (pipeline) => {
          const moved = movesOf(rewritten(pipeline, resolver));
          const { ancestors } = taskGraph(pipeline.spec);
          const writers = moved.filter(({ writes }) => writes).map(({ task }) => task);
          for (const { task, reads } of moved) {
            for (const writer of reads) {
              expect(writers, `${task} reads`).to.include(writer);
              if (!FINALLY.includes(task)) expect([...(ancestors.get(task) ?? [])], `${task} reads`).to.include(writer);
            }
          }
          const read = new Set(moved.flatMap(({ reads }) => [...reads]));
          for (const writer of writers) expect(read, 'entries that nobody reads').to.include(writer);
        }),
        { numRuns: 300 },
      );
    });

    it(`are in the place of the run in the registry of the installation, and each upload says what it came from (${resolver})`, () => {
      const own = 'r.example/ns/runs/uid/w';
      const registryToken = { registry: 'r.example', realm: 'https://t.example/token', tokenFile: '/token' };
      const target = 'r.example/{{namespace}}/{{workspace}}:end';
      fc.assert(
        fc.property(randomPipelines, (pipeline) => {
          const { spec } = rewritten(pipeline, resolver, { target, settings: { ...SETTINGS, registryToken } });
          for (const task of [...spec.tasks, ...(spec.finally ?? [])]) {
            const { fetch, upload } = transfersOf(task);
            const read = [fetch?.target, ...(fetch?.fallbacks ?? []), ...joined(fetch)].filter((name) =>
              name?.includes(':x-uid'),
            );
            const written = [upload?.target, upload?.travels?.target].filter((name) => name !== undefined);
            for (const name of [...read, ...written]) expect(name).to.match(/^r\.example\/ns\/runs\/uid\/w:x-uid[-.]/);
            const origin = upload?.target === undefined ? own : 'r.example/ns/w';
            if (upload !== undefined && read.length > 0) expect(upload.origins).to.deep.equal([origin]);
          }
        }),
        { numRuns: 100 },
      );
    });

    it(`end in one place (${resolver})`, () => {
      fc.assert(
        fc.property(randomPipelines, (pipeline) => {
          const used = pipeline.spec.tasks.some(({ workspaces = [] }) => workspaces.length > 0);
          const keys = movesOf(rewritten(pipeline, resolver)).filter(({ writesKey }) => writesKey);
          expect(keys).to.have.length(used ? 1 : 0);
        }),
      );
    });
  }
});

function rewritten(
  document: Pipeline,
  resolver: 'cache' | 'wrap',
  { target, settings } = { target: 'r/{{workspace}}:end', settings: SETTINGS },
): Pipeline {
  const params = { pipelineref: 'p', workspaces: 'w', target };
  const result = resolve({ resolver, params, run: RUN, document, settings });
  if (!isPipeline(result)) throw new Error('not a Pipeline');
  return result;
}

function movesOf({ spec }: Pipeline): Moved[] {
  return [...spec.tasks, ...(spec.finally ?? [])].flatMap((task) => {
    const { fetch, upload } = transfersOf(task);
    if (fetch === undefined && upload === undefined) return [];
    const entries = [fetch?.target, ...(fetch?.fallbacks ?? []), ...joined(fetch)].filter((name) =>
      ENTRY.test(name ?? ''),
    );
    const writes = [upload?.target, upload?.travels?.target].some((name) => ENTRY.test(name ?? ''));
    const writesKey = upload !== undefined && upload.target === undefined;
    return [{ task: task.name, reads: new Set(entries.map(writerOf)), writes, writesKey }];
  });
}

function joined(fetch: Transfer | undefined): string[] {
  return (fetch?.join?.nodes ?? []).flatMap(({ targets, prefix }) => [
    ...targets,
    ...(prefix === undefined ? [] : [prefix]),
  ]);
}

/** `-a`, or the TaskRuns of its matrix: `.run-a`, `.run-a-1`, `.run-a-`. */
function writerOf(name = ''): string {
  const [, task, ofMatrix] = /^(?:-([a-z])|\.run-([a-z])(?:-\d*)?)$/.exec(name.replace(ENTRY, '')) ?? [];
  return task ?? ofMatrix ?? name;
}

function transfersOf({ taskRef, taskSpec }: PipelineTask): {
  fetch?: Transfer | undefined;
  upload?: Transfer | undefined;
} {
  const plan = taskRef?.params?.find(({ name }) => name === 'plan');
  if (plan !== undefined) return readPlan(plan.value).caches[0] ?? {};
  const ours = (taskSpec?.steps ?? []).filter(({ image }) => image === SETTINGS.image);
  return Object.fromEntries(ours.map(({ args }) => transferOf(Array.isArray(args) ? args.map(String) : [])));
}

function transferOf(args: readonly string[]): readonly ['fetch' | 'upload', Transfer] {
  const verb = args[0] === 'fetch' ? 'fetch' : 'upload';
  const text = args[args.indexOf('--cache') + 1] ?? '{}';
  const cache: unknown = args.includes('--cache') ? JSON.parse(text) : {};
  if (!isObject(cache)) throw new Error(text);
  return [verb, cache];
}

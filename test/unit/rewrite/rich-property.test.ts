import { expect } from 'chai';
import * as fc from 'fast-check';
import { CacheError } from '../../../shared/errors.ts';
import { isObject, objects } from '../../../shared/rewrite/json/json.ts';
import type { Json, JsonObject } from '../../../shared/rewrite/json/json.ts';
import { isPipeline } from '../../../shared/rewrite/tekton/read/schema.ts';
import type { Pipeline, Task } from '../../../shared/rewrite/tekton/tekton.ts';
import { resolveCase, resolveLate, SETTINGS } from '../../rewrite/case.ts';
import type { RewriteCase } from '../../rewrite/case.ts';
import { asStored, asWritten } from '../../rewrite/stored-form.ts';
import { richPipelines, taskSpecs } from '../../rewrite/rich-tasks.ts';

const WORKSPACES = {
  workspaces: [
    { name: 'w', emptyDir: {} },
    { name: 'certificates', emptyDir: {} },
  ],
};
const CLAIMS = {
  workspaces: WORKSPACES.workspaces.map(({ name }) => ({ name, persistentVolumeClaim: { claimName: name } })),
};
const asked = fc.record({
  resolver: fc.constantFrom('cache', 'wrap'),
  params: fc.constantFrom<Record<string, string>>(
    { workspaces: 'w', target: 'r/{{workspace}}:end' },
    { workspaces: 'w,certificates', target: 'r/{{workspace}}:end' },
    { preset: 'auto', source: 'w', target: 'r/caches' },
    { preset: 'b=go', source: 'w', target: 'r/caches' },
  ),
  run: fc.constantFrom<JsonObject>(WORKSPACES, CLAIMS),
});

interface Rewritten {
  /** The Tasks by the names of their pipeline tasks, before and after. */
  readonly tasks: readonly (readonly [JsonObject, JsonObject])[];
  readonly pipeline: Pipeline;
  readonly late: readonly (Pipeline | Task)[];
}

describe('rewriting Pipelines and Tasks with all that Tekton has', function () {
  this.timeout(60_000);

  it('comes to the same for a document as it was written, and as the API server stores it', () => {
    check((row) => {
      const stored = { ...row, document: asStored(row.document ?? {}), tasks: mapValues(row.tasks ?? {}, asStored) };
      const [written, read] = [outcomeOf(row), outcomeOf(stored)];
      expect(plain(read)).to.deep.equal(plain(written));
    });
  });

  it('leaves everything in a Task as it was but for our steps, their volumes and the variables of presets', () => {
    check((row) => {
      for (const [before, after] of tasksOf(row)) expect(strip(after)).to.deep.equal(strip(before));
    });
  });

  it('keeps the names of containers, and each has one name, one volume and one place for each mount', () => {
    check((row) => {
      for (const [before, after] of tasksOf(row)) {
        const [own, all] = [objects(before['steps']), objects(after['steps'])];
        expect(all.filter(({ image }) => image !== SETTINGS.image).map(nameIn(all))).to.deep.equal(
          own.map(nameIn(own)),
        );
        expectDistinct(all.map(nameIn(all)));
        expectDistinct(objects(after['volumes']).map(({ name }) => name));
        for (const step of all) expectDistinct(objects(step['volumeMounts']).map(({ mountPath }) => mountPath));
      }
    });
  });

  it('leaves the variables of a step as they were, but for those of presets that it does not set itself', () => {
    check((row) => {
      for (const [before, after] of tasksOf(row)) {
        const own = objects(after['steps']).filter(({ image }) => image !== SETTINGS.image);
        for (const [at, step] of objects(before['steps']).entries()) {
          const [was, is] = [variablesOf(before, step), variablesOf(after, own[at] ?? {})];
          for (const [name, entry] of was) {
            const given = textOf(entry['value']);
            const appended = textOf(is.get(name)?.['value']).startsWith(`${given} `);
            const isEmpty = given === '' && entry['valueFrom'] === undefined;
            if (!appended && !isEmpty) expect(is.get(name), name).to.deep.equal(entry);
          }
        }
      }
    });
  });

  function check(holds: (row: RewriteCase) => void): void {
    const rows = fc.tuple(richPipelines, taskSpecs, asked).map(([document, spec, { resolver, params, run }]) => {
      const task = { apiVersion: 'tekton.dev/v1', kind: 'Task', metadata: { name: 'build' }, spec };
      const names = ['cache-fetch', 'b', 'c', 'wrap-collect'];
      const own = Object.entries(params).filter(
        ([name]) => resolver === 'cache' || !['preset', 'source'].includes(name),
      );
      const given =
        params['preset'] === undefined || resolver === 'cache' ? own : [...own, ['workspaces', 'w'] as const];
      return {
        about: '',
        resolver: resolver === 'wrap' ? ('wrap' as const) : ('cache' as const),
        params: { pipelineref: 'p', ...Object.fromEntries(given) },
        run,
        document,
        tasks: Object.fromEntries(names.map((name) => [name, task])),
      };
    });
    fc.assert(fc.property(rows, holds), { numRuns: 60 });
  }
});

/** A refusal is an outcome, too. */
function outcomeOf(row: RewriteCase): Rewritten | string {
  try {
    const result = resolveCase(row);
    if (!isPipeline(result)) throw new Error('not a Pipeline');
    const theirs = ['tasks', 'finally'].flatMap((list) => objects(specOf(row.document ?? {})[list]));
    const names = [...result.spec.tasks, ...(result.spec.finally ?? [])]
      .filter(({ name, taskRef }) => theirs.some((task) => task['name'] === name) && isOurs(taskRef?.resolver))
      .map(({ name }) => name);
    const lates = names.map((name) => resolveLate(row, result, name));
    const late = lates.map(({ after }) => after);
    return { pipeline: result, late, tasks: [...embedded(row.document ?? {}, result), ...lates.map(specs)] };
  } catch (error) {
    if (error instanceof CacheError) return error.message;
    throw error;
  }
}

function plain(outcome: Rewritten | string): Json {
  if (typeof outcome === 'string') return outcome;
  return asWritten([outcome.pipeline, ...outcome.late]);
}

function tasksOf(row: RewriteCase): Rewritten['tasks'] {
  const outcome = outcomeOf(row);
  return typeof outcome === 'string' ? [] : outcome.tasks;
}

function isOurs(resolver: string | undefined): boolean {
  return resolver === 'cache' || resolver === 'wrap';
}

function specs({ before, after }: { readonly before: JsonObject; readonly after: JsonObject }) {
  return [specOf(before), specOf(after)] as const;
}

function specOf({ spec }: JsonObject): JsonObject {
  return isObject(spec) ? spec : {};
}

function embedded(before: JsonObject, after: JsonObject): (readonly [JsonObject, JsonObject])[] {
  return ['tasks', 'finally'].flatMap((list) => {
    const own = objects(specOf(after)[list]);
    return objects(specOf(before)[list]).flatMap(({ name, taskSpec }) => {
      const rewritten = own.find((task) => task['name'] === name)?.['taskSpec'];
      return isObject(taskSpec) && isObject(rewritten) ? [[taskSpec, rewritten] as const] : [];
    });
  });
}

/** Without our steps and volumes, the names of steps, and variables. */
function strip({ steps, stepTemplate, volumes, params, ...rest }: JsonObject): JsonObject {
  const { env: _, ...template } = isObject(stepTemplate) ? stepTemplate : {};
  const own = objects(steps).filter(({ image }) => image !== SETTINGS.image);
  return {
    ...rest,
    metadata: isObject(rest['metadata']) ? rest['metadata']['labels'] : undefined,
    params: objects(params).map((param) => ({ ...param, default: undefined })),
    stepTemplate: template,
    volumes: objects(volumes).slice(0, 5),
    steps: own.map(({ name: _name, env: _env, ...step }) => step),
  };
}

function nameIn(list: readonly JsonObject[]) {
  return (step: JsonObject): string => {
    const { name } = step;
    return typeof name === 'string' && name !== '' ? name : `unnamed-${list.indexOf(step)}`;
  };
}

function expectDistinct(names: readonly unknown[]): void {
  expect(new Set(names).size, JSON.stringify(names)).to.equal(names.length);
}

function variablesOf(spec: JsonObject, step: JsonObject): Map<string, JsonObject> {
  const template = isObject(spec['stepTemplate']) ? spec['stepTemplate'] : {};
  return new Map(
    [template, step].flatMap((part) => objects(part['env']).map((entry) => [textOf(entry['name']), entry] as const)),
  );
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function mapValues<T>(object: Readonly<Record<string, T>>, change: (value: T) => T): Record<string, T> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));
}

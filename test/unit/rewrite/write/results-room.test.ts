import { expect } from 'chai';
import { CacheError } from '../../../../shared/errors.ts';
import type { TaskPlan } from '../../../../shared/rewrite/plan/plan.ts';
import type { Step, TaskSpec } from '../../../../shared/rewrite/tekton/tekton.ts';
import { writeTask } from '../../../../shared/rewrite/write/preset-task.ts';

const STEP = { options: { target: 'r/x:{{hash}}', files: 'lock' }, strict: false };
const PLAN: TaskPlan = {
  version: 1,
  caches: [{ name: 'w', workspace: 'w', fetch: {}, upload: {} }],
  source: 'w',
  fetch: STEP,
  upload: STEP,
  hashFromFetch: true,
};
const SPEC: TaskSpec = { workspaces: [{ name: 'w' }], steps: [{ name: 'build', image: 'i', script: 'make' }] };
const write = (spec: TaskSpec, plan = PLAN) =>
  writeTask({ spec, metadata: { name: 't' }, plan, settings: { image: 'helper', resources: {} } });

describe('results of steps that resolvers put in', () => {
  const declared = (spec: TaskSpec): object =>
    Object.fromEntries(
      (write(spec).spec.steps ?? []).flatMap(({ name, results }: Step) =>
        name?.startsWith('cache-') && Array.isArray(results)
          ? [[name, results.map((one: { name: string }) => one.name)]]
          : [],
      ),
    );

  it('are the reason alone, which leaves the Task the room for its own', () => {
    expect(declared(SPEC)).to.deep.equal({ 'cache-fetch': ['reason'], 'cache-upload': ['reason'] });
  });

  it('are besides those that the Task reads: in a step, or for a result of its own', () => {
    const env = [{ name: 'HIT', value: '$(steps.cache-fetch.results.hit)' }];
    const steps = [{ name: 'build', image: 'i', env, script: 'make' }];
    const results = [{ name: 'digest', value: '$(steps.cache-upload.results.digest)' }];
    expect(declared({ ...SPEC, steps, results })).to.deep.equal({
      'cache-fetch': ['hit', 'reason'],
      'cache-upload': ['digest', 'reason'],
    });
  });

  it('do not include what the Task reads of a step of that name which is its own', () => {
    const steps = [
      { name: 'cache-fetch', image: 'i', script: 'x', results: [{ name: 'hit' }] },
      { name: 'build', image: 'i', args: ['$(steps.cache-fetch.results.hit)'] },
    ];
    expect(declared({ ...SPEC, steps })).to.deep.include({ 'cache-fetch-2': ['reason'] });
  });
});

describe('a Task with more results than fit beside two steps more', () => {
  // 12288 / (1 step + 2 of ours + 2 of Tekton's init containers) is 2457 bytes; each takes 47 with nothing in it.
  const many = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ name: `result-number-${String(at).padStart(3, '0')}` }));
  const note = (spec: TaskSpec): string => write(spec).metadata.annotations?.['cache.tekton.dev/note'] ?? '';

  it('is left alone, and says so', () => {
    const spec = { ...SPEC, results: many(52) };
    expect(write(spec).spec).to.deep.equal(spec);
    expect(note(spec)).to.match(/^Not cached: the results that the Task declares take \d+ bytes .* keeps 2457 /);
  });

  it('is cached with as many as fit, and where results come from those of steps', () => {
    for (const results of [many(45), many(52).map((one) => ({ ...one, value: '$(steps.build.results.x)' }))]) {
      expect(write({ ...SPEC, results }).spec.steps).to.have.length(3);
      expect(note({ ...SPEC, results })).to.equal('');
    }
  });

  it('counts sidecars, and the init container that makes working directories', () => {
    const results = many(45);
    const steps = [{ name: 'build', image: 'i', script: 'make', workingDir: 'src' }];
    expect(note({ ...SPEC, results, steps })).to.contain('keeps 2048 ');
    expect(note({ ...SPEC, results, sidecars: [{ name: 's', image: 'i' }] })).to.contain('keeps 2048 ');
  });

  it('is refused where the run is not to go on without the content', () => {
    const strict = { ...PLAN, fetch: { ...STEP, strict: true } };
    expect(() => write({ ...SPEC, results: many(52) }, strict)).to.throw(CacheError, /^Task `t`: Not cached: /);
  });
});

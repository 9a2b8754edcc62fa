import { expect } from 'chai';
import { together } from '../../support/product/together.ts';
import { EMPTY_DIR, PICTURE, result, sentence, uses, wrap, useResolvers } from './ground.ts';

describe('the resolver wrap on the cluster', function () {
  this.timeout(600_000);
  const ground = useResolvers();

  const tasks = [
    uses('start', 'echo 1 > kept; echo 1 > changed; mkdir d; echo 1 > d/removed'),
    uses('left', 'echo left > left; echo left > changed', { runAfter: ['start'] }),
    uses('right', 'echo right > right; rm d/removed', { runAfter: ['start'] }),
    {
      ...uses('fan', 'echo $(params.n) > fan-$(params.n)', { runAfter: ['left', 'right'] }),
      params: [],
      matrix: { params: [{ name: 'n', value: ['a', 'b'] }] },
    },
    uses('end', `${PICTURE} > $(results.picture.path)`, { runAfter: ['fan'], results: ['picture'] }),
  ];
  const fin = [uses('last', `echo last > last; ${PICTURE} > $(results.picture.path)`, { results: ['picture'] })];
  const results = [
    { name: 'end', value: '$(tasks.end.results.picture)' },
    { name: 'last', value: '$(finally.last.results.picture)' },
  ];
  const withParam = tasks.map((task) =>
    'matrix' in task ? { ...task, taskSpec: { ...Reflect.get(task, 'taskSpec'), params: [{ name: 'n' }] } } : task,
  );
  /** On a claim as it is, and wrapped on emptyDirs. */
  const bothWays = async (pipelineref: string) => {
    const { name: claimName } = await ground.space.createClaim(pipelineref);
    return await Promise.all([
      ground.run({ name: pipelineref }, [{ name: 'w', persistentVolumeClaim: { claimName } }]),
      ground.run(wrap({ pipelineref, target: ground.target(pipelineref) }), EMPTY_DIR),
    ]);
  };

  together({
    'ends with the same content as on one volume: branches, a join, a matrix, finally': async () => {
      await ground.pipeline('wide', withParam, { finally: fin, results });
      const [onVolume, wrapped] = await bothWays('wide');
      expect(result(onVolume, 'end'), sentence(onVolume)).to.contain('./fan-b=b');
      expect(sentence(wrapped)).to.contain('Completed: 6 (Failed: 0');
      expect(result(wrapped, 'end')).to.equal(result(onVolume, 'end'));
      expect(result(wrapped, 'last')).to.equal(result(onVolume, 'last'));
    },
    'goes on without what a skipped task, or one whose failure is ignored, would have made': async () => {
      const skipped = [{ input: 'a', operator: 'in', values: ['b'] }];
      await ground.pipeline(
        'holes',
        [
          uses('start', 'echo 1 > start'),
          uses('skipped', 'echo 1 > skipped', { runAfter: ['start'], when: skipped }),
          uses('failed', 'echo 1 > failed; exit 1', { runAfter: ['start'], onError: 'continue' }),
          uses('right', 'echo 1 > right', { runAfter: ['start'] }),
          uses('end', `${PICTURE} > $(results.picture.path)`, {
            runAfter: ['skipped', 'failed', 'right'],
            results: ['picture'],
          }),
        ],
        { results: [{ name: 'end', value: '$(tasks.end.results.picture)' }] },
      );
      const wrapped = await ground.run(wrap({ pipelineref: 'holes', target: ground.target('holes') }), EMPTY_DIR);
      expect(result(wrapped, 'end').trim()).to.equal('./right=1 ./start=1');
    },
    'ends with the same content as on one volume when a branch fails, and leaves the target as it was': async () => {
      const show = [uses('show', `${PICTURE} > $(results.picture.path)`, { results: ['picture'] })];
      const shown = [{ name: 'show', value: '$(finally.show.results.picture)' }];
      await ground.pipeline(
        'fails',
        [
          uses('start', 'echo 1 > start; echo 1 > gone'),
          uses('failed', 'exit 1', { runAfter: ['start'] }),
          uses('right', 'echo 1 > right; rm gone', { runAfter: ['start'] }),
          uses('never', 'echo 1 > never', { runAfter: ['failed', 'right'] }),
        ],
        { finally: show, results: shown },
      );
      const [onVolume, wrapped] = await bothWays('fails');
      expect(result(onVolume, 'show').trim(), sentence(onVolume)).to.equal('./right=1 ./start=1');
      expect(sentence(wrapped)).to.match(/Failed: 1\b/);
      expect(result(wrapped, 'show')).to.equal(result(onVolume, 'show'));
      await ground.pipeline('after', [uses('nothing', 'true')], { finally: show, results: shown });
      const next = await ground.run(
        wrap({ pipelineref: 'after', target: ground.target('after'), base: ground.target('fails') }),
        EMPTY_DIR,
      );
      expect(sentence(next)).to.match(/Failed: 0\b/);
      expect(result(next, 'show').trim()).to.equal('');
    },
    'knows the TaskRuns of a matrix by their names: one, several, as many as a result says': async () => {
      const fan = (name: string, value: unknown, runAfter: readonly string[]): object => ({
        ...uses(name, `echo $(params.n) > ${name}-$(params.n)`, { params: { n: '' }, runAfter }),
        params: [],
        matrix: { params: [{ name: 'n', value }] },
      });
      await ground.pipeline(
        'fans',
        [
          uses('list', 'printf \'["only"]\' | tee $(results.one.path); printf \'["x","y"]\' > $(results.two.path)', {
            results: ['one', 'two'],
          }),
          fan('single', ['a'], ['list']),
          fan('asked-one', '$(tasks.list.results.one[*])', ['single']),
          fan('asked-two', '$(tasks.list.results.two[*])', ['asked-one']),
          uses('end', `${PICTURE} > $(results.picture.path)`, { runAfter: ['asked-two'], results: ['picture'] }),
        ].map(withListResults),
        { results: [{ name: 'end', value: '$(tasks.end.results.picture)' }] },
      );
      const run = await ground.run(wrap({ pipelineref: 'fans', target: ground.target('fans') }), EMPTY_DIR);
      expect(result(run, 'end').trim(), sentence(run)).to.equal(
        './asked-one-only=only ./asked-two-x=x ./asked-two-y=y ./single-a=a',
      );
    },
    'moves on what finally is to see, also where nothing may be kept': async () => {
      await ground.pipeline('bypassed', [uses('one', 'echo 1 > one')], {
        finally: [uses('show', `${PICTURE} > $(results.picture.path)`, { results: ['picture'] })],
        results: [{ name: 'show', value: '$(finally.show.results.picture)' }],
      });
      const target = ground.target('bypassed');
      const metadata = { annotations: { 'cache.tekton.dev/mode': 'off' } };
      const run = await ground.run(wrap({ pipelineref: 'bypassed', target }), EMPTY_DIR, {}, metadata);
      expect(result(run, 'show').trim(), sentence(run)).to.equal('./one=1');
      expect(await ground.stepResult(run.metadata.name, 'one', 'cache-upload', 'reason')).to.equal('disabled');
    },
    'hands the end state of several last tasks on to the next run': async () => {
      const two = [uses('one', 'echo 1 > one'), uses('two', 'echo 2 > two')];
      const show = [uses('show', `${PICTURE} > $(results.picture.path)`, { results: ['picture'] })];
      await ground.pipeline('ends', two, {
        finally: show,
        results: [{ name: 'show', value: '$(finally.show.results.picture)' }],
      });
      await ground.pipeline('reads', [uses('read', `${PICTURE} > $(results.picture.path)`, { results: ['picture'] })], {
        results: [{ name: 'read', value: '$(tasks.read.results.picture)' }],
      });
      const first = await ground.run(wrap({ pipelineref: 'ends', target: ground.target('ends') }), EMPTY_DIR);
      const second = await ground.run(
        wrap({ pipelineref: 'reads', target: ground.target('reads'), base: ground.target('ends') }),
        EMPTY_DIR,
      );
      expect(result(first, 'show').trim()).to.equal('./one=1 ./two=2');
      expect(result(second, 'read')).to.equal(result(first, 'show'));
    },
  });
});

/** The results of `list` are lists, which its declaration has to say. */
function withListResults(task: object): object {
  const spec: unknown = Reflect.get(task, 'taskSpec');
  if (Reflect.get(task, 'name') !== 'list' || typeof spec !== 'object') return task;
  return { ...task, taskSpec: { ...spec, results: ['one', 'two'].map((name) => ({ name, type: 'array' })) } };
}

import { expect } from 'chai';
import { EMPTY_DIR, PICTURE, result, sentence, uses, wrap, useResolvers } from './ground.ts';

describe('the resolver wrap on the cluster', function () {
  this.timeout(180_000);
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

  it('ends with the same content as on one volume: branches, a join, a matrix, finally', async () => {
    await ground.pipeline('wide', withParam, { finally: fin, results });
    const claim = await ground.space.createClaim('wide');
    const onVolume = await ground.run({ name: 'wide' }, [
      { name: 'w', persistentVolumeClaim: { claimName: claim.name } },
    ]);
    expect(result(onVolume, 'end'), sentence(onVolume)).to.contain('./fan-b=b');
    const wrapped = await ground.run(wrap({ pipelineref: 'wide', target: ground.target('wide') }), EMPTY_DIR);
    expect(sentence(wrapped)).to.contain('Completed: 6 (Failed: 0');
    expect(result(wrapped, 'end')).to.equal(result(onVolume, 'end'));
    expect(result(wrapped, 'last')).to.equal(result(onVolume, 'last'));
  });

  it('goes on without what a skipped task, or one whose failure is ignored, would have made', async () => {
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
  });

  it('hands the end state of several last tasks on to the next run', async () => {
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
  });
});

import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { parse } from 'yaml';
import type { KubeObject, NewObject } from '../../support/kube/kube-api.ts';
import { paramsOf, resultsOf, SHELL, shellTask } from '../../support/product/runs.ts';
import { useProduct } from '../cache-run/ground.ts';

interface Run extends KubeObject {
  readonly status?: {
    readonly conditions?: readonly { readonly status: string; readonly reason: string; readonly message: string }[];
    readonly results?: readonly { readonly name: string; readonly value: string }[];
    readonly taskResults?: readonly object[];
    readonly skippedTasks?: readonly { readonly name: string }[];
  };
}

interface TaskRun extends KubeObject {
  readonly status?: {
    readonly steps?: readonly {
      readonly name: string;
      readonly results?: readonly { readonly name: string; readonly value: string }[];
    }[];
  };
}

const RUN = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun' } as const;
const TASK_RUN = { apiVersion: 'tekton.dev/v1', kind: 'TaskRun' } as const;
const isDone = ({ status }: Run): boolean => ['True', 'False'].includes(status?.conditions?.[0]?.status ?? '');

describe('the resolvers on the cluster', function () {
  this.timeout(180_000);
  const ground = useProduct({ prefix: 'resolver' });
  let number = 0;

  const create = async (object: NewObject): Promise<void> => {
    await ground.product.cluster.api.create({
      ...object,
      metadata: { ...object.metadata, namespace: ground.space.name },
    });
  };

  async function pipeline(name: string, tasks: readonly object[], more: object = {}): Promise<void> {
    await create({
      apiVersion: 'tekton.dev/v1',
      kind: 'Pipeline',
      metadata: { name },
      spec: { workspaces: [{ name: 'w' }], tasks, ...more },
    });
  }

  async function run(pipelineRef: object, workspaces: readonly object[]): Promise<Run> {
    const name = `run-${++number}`;
    await create({ ...RUN, metadata: { name }, spec: { pipelineRef, workspaces } });
    return await ground.product.cluster.api.waitFor<Run>(
      { ...RUN, name, namespace: ground.space.name },
      isDone,
      150_000,
    );
  }

  const target = (name: string): string => `${ground.product.registry}/${ground.space.name}/${name}/{{workspace}}:end`;
  const wrap = (params: Readonly<Record<string, string>>) => ({
    resolver: 'wrap',
    params: paramsOf({ workspaces: 'w', insecure: 'true', ...params }),
  });
  const cache = (params: Readonly<Record<string, string>>) => ({
    resolver: 'cache',
    params: paramsOf({ workspaces: 'w', insecure: 'true', ...params }),
  });
  const emptyDir = [{ name: 'w', emptyDir: {} }];
  const sentence = ({ status }: Run): string => status?.conditions?.[0]?.message ?? '';
  const reason = ({ status }: Run): string => status?.conditions?.[0]?.reason ?? '';
  const result = ({ status }: Run, name: string): string =>
    status?.results?.find((one) => one.name === name)?.value ?? '';

  async function stepResult(runName: string, task: string, step: string, name: string): Promise<string | undefined> {
    const selector = `tekton.dev/pipelineRun=${runName},tekton.dev/pipelineTask=${task}`;
    const [taskRun] = await ground.product.cluster.api.list<TaskRun>(
      { ...TASK_RUN, namespace: ground.space.name },
      selector,
    );
    return taskRun?.status?.steps?.find((one) => one.name === step)?.results?.find((one) => one.name === name)?.value;
  }

  const uses = (name: string, script: string, more: object = {}) =>
    shellTask(name, `cd $(workspaces.w.path)\n${script}`, { workspaces: ['w'], ...more });
  /** Everything in a directory, names and content, in one line. */
  const PICTURE = `find . -path ./.tekton-cache -prune -o -type f -print | sort | while read f; do printf '%s=%s ' "$f" "$(cat $f)"; done`;

  describe('cache', () => {
    it('keeps an emptyDir workspace of a referenced Task from run to run, under the hash of its lockfile', async () => {
      await create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Task',
        metadata: { name: 'resolve' },
        spec: {
          workspaces: [{ name: 'code' }, { name: 'deps', optional: true }],
          results: [{ name: 'found' }],
          steps: [
            { image: SHELL, script: 'echo v1 > $(workspaces.code.path)/lock' },
            {
              name: 'build',
              image: SHELL,
              script:
                'cd $(workspaces.deps.path); cat dep 2>/dev/null | tee $(results.found.path); [ -f dep ] || echo resolved > dep',
            },
          ],
        },
      });
      const name = 'keeps';
      await create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata: { name },
        spec: {
          workspaces: [{ name: 'w' }, { name: 'code' }],
          results: [{ name: 'found', value: '$(tasks.build.results.found)' }],
          tasks: [
            {
              name: 'build',
              taskRef: { name: 'resolve' },
              workspaces: [{ name: 'code' }, { name: 'deps', workspace: 'w' }],
            },
          ],
        },
      });
      const reference = cache({
        pipelineref: name,
        files: 'lock',
        'fetch-after': 'build/unnamed-0',
        target: target(name).replace(':end', ':{{hash}}'),
      });
      const workspaces = [...emptyDir, { name: 'code', emptyDir: {} }];
      const first = await run(reference, workspaces);
      expect(sentence(first)).to.match(/Completed: 1 .Failed: 0/, sentence(first));
      const second = await run(reference, workspaces);
      expect([result(first, 'found').trim(), result(second, 'found').trim()]).to.deep.equal(['', 'resolved']);
      const hits = await Promise.all(
        [first, second].map(async ({ metadata }) => await stepResult(metadata.name, 'build', 'cache-fetch', 'hit')),
      );
      expect(hits).to.deep.equal(['false', 'true']);
      expect(await stepResult(second.metadata.name, 'build', 'cache-upload', 'reason')).to.equal('unchanged');
    });

    it('puts custom tasks around the users of a claim', async () => {
      const tasks = [
        shellTask('clone', 'echo v1 > $(workspaces.code.path)/lock', { workspaces: ['code'] }),
        shellTask('build', 'cat $(workspaces.w.path)/dep || echo kept > $(workspaces.w.path)/dep', {
          workspaces: ['w', 'code'],
          runAfter: ['clone'],
        }),
      ];
      const metadata = { name: 'around' };
      await create({
        apiVersion: 'tekton.dev/v1',
        kind: 'Pipeline',
        metadata,
        spec: { workspaces: [{ name: 'w' }, { name: 'code' }], tasks },
      });
      const reference = cache({
        pipelineref: 'around',
        via: 'customrun',
        files: 'lock',
        source: 'code',
        target: target('around').replace(':end', ':{{hash}}'),
      });
      const { name: claimName } = await ground.space.createClaim('around');
      const workspaces = ['w', 'code'].map((name) => ({ name, subPath: name, persistentVolumeClaim: { claimName } }));
      const done = await run(reference, workspaces);
      expect(sentence(done)).to.contain('Completed: 4 (Failed: 0');
      const uploaded = await ground.runs.customRun(`${done.metadata.name}-cache-upload`);
      expect(resultsOf(uploaded), JSON.stringify(uploaded.status)).to.include({ uploaded: 'true', reason: 'pushed' });
      expect(resultsOf(uploaded)['hash']).to.match(/^[0-9a-f]{64}$/);
    });

    it('refuses with a sentence that the run shows, within a second', async () => {
      await pipeline('refused', [uses('a', 'true')]);
      const asked = Date.now();
      const refused = await run(
        cache({ pipelineref: 'refused', workspaces: 'x', target: target('refused') }),
        emptyDir,
      );
      expect(reason(refused)).to.equal('CouldntGetPipeline');
      expect(sentence(refused)).to.contain('there is no workspace `x`');
      expect(Date.now() - asked).to.be.lessThan(5000);
      const missing = await run(cache({ pipelineref: 'nowhere', target: target('refused') }), emptyDir);
      expect(sentence(missing)).to.contain('There is no Pipeline `nowhere`');
    });
  });

  describe('for a Task', () => {
    const TASK = {
      apiVersion: 'tekton.dev/v1',
      kind: 'Task',
      metadata: { name: 'alone' },
      spec: {
        workspaces: [{ name: 'deps' }, { name: 'more', optional: true }],
        results: [{ name: 'found' }],
        steps: [
          {
            image: SHELL,
            script:
              'cd $(workspaces.deps.path); cat dep 2>/dev/null | tee $(results.found.path); [ -f dep ] || printf kept > dep',
          },
        ],
      },
    };
    const reference = () => ({
      resolver: 'cache',
      params: paramsOf({ taskref: 'alone', workspaces: 'deps,more', insecure: 'true', target: target('alone') }),
    });

    it('keeps the workspaces of a TaskRun', async () => {
      await create(TASK);
      const found: (string | undefined)[] = [];
      for (const name of ['alone-1', 'alone-2']) {
        const workspaces = [{ name: 'deps', emptyDir: {} }];
        await create({ ...TASK_RUN, metadata: { name }, spec: { taskRef: reference(), workspaces } });
        const done = await ground.product.cluster.api.waitFor<Run & TaskRun>(
          { ...TASK_RUN, name, namespace: ground.space.name },
          isDone,
          60_000,
        );
        expect(reason(done), sentence(done)).to.equal('Succeeded');
        found.push(done.status?.results?.[0]?.value);
      }
      expect(found).to.deep.equal(['', 'kept']);
    });

    it('serves a reference in a Pipeline, and passes over an optional workspace that is not bound', async () => {
      await pipeline('refers', [{ name: 'a', taskRef: reference(), workspaces: [{ name: 'deps', workspace: 'w' }] }], {
        results: [{ name: 'found', value: '$(tasks.a.results.found)' }],
      });
      const done = await run({ name: 'refers' }, emptyDir);
      expect(result(done, 'found'), sentence(done)).to.equal('kept');
      expect(await stepResult(done.metadata.name, 'a', 'cache-fetch', 'reason')).to.equal('exact');
    });

    it('has the same in StepActions, written by hand', async () => {
      for (const verb of ['fetch', 'upload']) {
        const file = new URL(`../../../manifests/stepactions/cache-${verb}.yaml`, import.meta.url);
        const action = parse(readFileSync(file, 'utf8')) as NewObject & { readonly spec: object };
        await create({ ...action, spec: { ...action.spec, image: ground.product.image } });
      }
      const common = {
        target: target('byhand').replace(':end', ':{{hash}}'),
        caches: 'deps=$(workspaces.deps.path)',
        insecure: 'true',
      };
      const steps = [
        { name: 'lock', image: SHELL, script: 'echo v1 > $(workspaces.source.path)/lock' },
        {
          name: 'get',
          onError: 'continue',
          ref: { name: 'cache-fetch' },
          params: paramsOf({ ...common, files: 'lock', source: '$(workspaces.source.path)' }),
        },
        {
          name: 'build',
          image: SHELL,
          script: 'cat $(workspaces.deps.path)/dep || echo kept > $(workspaces.deps.path)/dep',
        },
        {
          name: 'put',
          onError: 'continue',
          ref: { name: 'cache-upload' },
          params: paramsOf({ ...common, hash: '$(steps.get.results.hash)' }),
        },
      ];
      const outcomes: string[] = [];
      for (const name of ['byhand-1', 'byhand-2']) {
        const spec = {
          taskSpec: { workspaces: [{ name: 'source' }, { name: 'deps' }], steps },
          workspaces: ['source', 'deps'].map((volume) => ({ name: volume, emptyDir: {} })),
        };
        await create({ ...TASK_RUN, metadata: { name }, spec });
        const done = await ground.product.cluster.api.waitFor<Run & TaskRun>(
          { ...TASK_RUN, name, namespace: ground.space.name },
          isDone,
          60_000,
        );
        expect(reason(done), sentence(done)).to.equal('Succeeded');
        const value = (step: string) =>
          done.status?.steps?.find((one) => one.name === step)?.results?.find((one) => one.name === 'reason')?.value;
        outcomes.push(`${value('get')} ${value('put')}`);
      }
      expect(outcomes).to.deep.equal(['not-found pushed', 'exact unchanged']);
    });
  });

  it('asks other resolvers, and says what they said', async function () {
    await pipeline('nested', [uses('a', 'echo 1 > a')]);
    const nested = (name: string) =>
      JSON.stringify({
        resolver: 'cluster',
        params: paramsOf({ kind: 'pipeline', name, namespace: ground.space.name }),
      });
    const first = await run(wrap({ pipelineref: nested('nested'), target: target('nested') }), emptyDir);
    // The bench starts Tekton's own resolvers on demand.
    if (sentence(first).includes('did not answer')) this.skip();
    expect(reason(first), sentence(first)).to.equal('Succeeded');
    const missing = await run(wrap({ pipelineref: nested('nowhere'), target: target('nested') }), emptyDir);
    expect(sentence(missing)).to.contain('The resolver `cluster` said:').and.contain('nowhere');
  });

  describe('wrap', () => {
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
      await pipeline('wide', withParam, { finally: fin, results });
      const claim = await ground.space.createClaim('wide');
      const onVolume = await run({ name: 'wide' }, [{ name: 'w', persistentVolumeClaim: { claimName: claim.name } }]);
      expect(result(onVolume, 'end'), sentence(onVolume)).to.contain('./fan-b=b');
      const wrapped = await run(wrap({ pipelineref: 'wide', target: target('wide') }), emptyDir);
      expect(sentence(wrapped)).to.contain('Completed: 6 (Failed: 0');
      expect(result(wrapped, 'end')).to.equal(result(onVolume, 'end'));
      expect(result(wrapped, 'last')).to.equal(result(onVolume, 'last'));
    });

    it('goes on without what a skipped task, or one whose failure is ignored, would have made', async () => {
      const skipped = [{ input: 'a', operator: 'in', values: ['b'] }];
      await pipeline(
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
      const wrapped = await run(wrap({ pipelineref: 'holes', target: target('holes') }), emptyDir);
      expect(result(wrapped, 'end').trim()).to.equal('./right=1 ./start=1');
    });

    it('hands the end state of several last tasks on to the next run', async () => {
      const two = [uses('one', 'echo 1 > one'), uses('two', 'echo 2 > two')];
      const show = [uses('show', `${PICTURE} > $(results.picture.path)`, { results: ['picture'] })];
      await pipeline('ends', two, {
        finally: show,
        results: [{ name: 'show', value: '$(finally.show.results.picture)' }],
      });
      await pipeline('reads', [uses('read', `${PICTURE} > $(results.picture.path)`, { results: ['picture'] })], {
        results: [{ name: 'read', value: '$(tasks.read.results.picture)' }],
      });
      const first = await run(wrap({ pipelineref: 'ends', target: target('ends') }), emptyDir);
      const second = await run(wrap({ pipelineref: 'reads', target: target('reads'), base: target('ends') }), emptyDir);
      expect(result(first, 'show').trim()).to.equal('./one=1 ./two=2');
      expect(result(second, 'read')).to.equal(result(first, 'show'));
    });
  });
});
